import "@fontsource-variable/figtree/wght.css";
import "@mantine/core/styles.css";
import "./tokens.css";
import { MantineProvider } from "@mantine/core";
import { setNonce } from "get-nonce";
import type { ReactNode } from "react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { cspNonce } from "./document";
import { theme, variables } from "./theme";

/** Renders a page. Styles that libraries make at run time carry the page's nonce: the policy allows no others. */
export function render(page: ReactNode): void {
  setNonce(cspNonce);
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => cspNonce}>
        {page}
      </MantineProvider>
    </StrictMode>,
  );
}

import { createTheme, type CSSVariablesResolver, defaultVariantColorsResolver, type MantineColorsTuple } from "@mantine/core";

// Two voices, two colours, everywhere: amber is the caller, petrol is Parley.
const petrol: MantineColorsTuple = [
  "#e6f5f2", "#cfe9e4", "#a0d4ca", "#6fd0bf", "#3fa596", "#1d8276", "#0d5d56", "#0a4e48", "#083f3b", "#052f2c",
];
const amber: MantineColorsTuple = [
  "#fdf1e6", "#fbe0c8", "#f6c391", "#f2a65e", "#e58b3d", "#d9762b", "#b8601d", "#964b13", "#773a0d", "#562908",
];
const slate: MantineColorsTuple = [
  "#e6efec", "#c7d5d1", "#9db0aa", "#7a8f89", "#55645f", "#2c3b37", "#1d2a27", "#131e1c", "#0c1413", "#070d0c",
];

export const theme = createTheme({
  colors: { petrol, amber, dark: slate },
  primaryColor: "petrol",
  primaryShade: { light: 6, dark: 3 },
  // Mantine works a filled button's text out for one scheme; ours is dark on light petrol in the other.
  variantColorResolver: (input) => ({
    ...defaultVariantColorsResolver(input), ...(input.variant === "filled" && { color: "var(--on-assistant)" }),
  }),
  fontFamily: "'Figtree Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', monospace",
  headings: { fontFamily: "'Figtree Variable', system-ui, sans-serif", fontWeight: "650" },
  defaultRadius: "md",
  radius: { md: "0.75rem", lg: "1.25rem" },
  focusRing: "auto",
  cursorType: "pointer",
  respectReducedMotion: true,
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#ffffff", "--mantine-color-text": "#12211f", "--mantine-color-dimmed": "#55645f",
    "--mantine-color-default-border": "#c9d4d1", "--mantine-color-placeholder": "#5f6e69", "--mantine-color-gray-light-color": "#51605b", "--mantine-color-error": "#b3261e",
  },
  dark: {
    "--mantine-color-body": "#131e1c", "--mantine-color-text": "#e6efec", "--mantine-color-dimmed": "#9db0aa",
    "--mantine-color-default-border": "#2c3b37", "--mantine-color-placeholder": "#8a9d97", "--mantine-color-gray-light-color": "#a2b4ae", "--mantine-color-error": "#ff9a90",
  },
});

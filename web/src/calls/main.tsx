import { render } from "../ui/App";
import { CallsPage } from "./CallsPage";

render(<CallsPage />);

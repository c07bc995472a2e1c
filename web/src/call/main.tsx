import { render } from "../ui/App";
import { CallPage } from "./CallPage";

render(<CallPage />);

import { useCallback, useEffect, useState } from "react";
import { session as api } from "../api/client";
import { Problem } from "../api/problem";
import type { Session } from "../api/types";
import { takeToken } from "./adminToken";

export interface SessionState {
  session: Session | null;
  problem: Problem | null;
  refresh: () => Promise<void>;
  logOut: () => Promise<void>;
}

const asProblem = (error: unknown): Problem => (error instanceof Problem ? error : new Problem(0, String(error)));

let trade: Promise<Problem | null> | undefined;

/** Once, however often React mounts the page: the token is gone from the address after the first time. */
function tradeToken(): Promise<Problem | null> {
  trade ??= (async () => {
    const token = takeToken(location, history);
    if (!token) return null;
    return api.logInAsAdmin(token).then(() => null, asProblem);
  })();
  return trade;
}

/** Who the browser's cookie says we are. `session` is null until that is known. */
export function useSession(to: string | null = null): SessionState {
  const [session, setSession] = useState<Session | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  const refresh = useCallback(async () => {
    const refused = await tradeToken();
    try {
      setSession(await api.show(to));
      setProblem(refused);
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, [to]);

  const logOut = useCallback(async () => {
    await api.logOut().catch(() => undefined);
    await refresh();
  }, [refresh]);

  useEffect(() => {
    void refresh();
    const back = () => void refresh();
    addEventListener("online", back);
    return () => removeEventListener("online", back);
  }, [refresh]);

  return { session, problem, refresh, logOut };
}

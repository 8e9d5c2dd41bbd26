import { useEffect, useRef, useState } from "preact/hooks";
import { signIn } from "./account";
import { unlockSound } from "./alerts";

export function SignIn({ problem }: { problem: string }) {
  const [busy, setBusy] = useState(false);
  const login = useRef<HTMLInputElement>(null);
  // `autofocus` works once in a page; signing out leads here as well.
  useEffect(() => login.current?.focus(), []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    unlockSound();
    setBusy(true);
    await signIn(String(form.get("login")), String(form.get("password")));
    setBusy(false);
  };
  return (
    <main class="sign-in">
      <h1>iSession</h1>
      <p>Sign in to help visitors.</p>
      <form onSubmit={submit}>
        <label>
          <span>Login</span>
          <input name="login" type="text" autocomplete="username" required ref={login} />
        </label>
        <label>
          <span>Password</span>
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <p role="alert" class="problem">
          {problem}
        </p>
        <button type="submit" disabled={busy}>
          Sign in
        </button>
      </form>
    </main>
  );
}

import { useRef } from "preact/hooks";
import { signOut } from "./account";
import { allTalks, end } from "./desk";

/** Signing out erases what sessions are taken up again by: those that go on end with it. */
export function SignOut() {
  const dialog = useRef<HTMLDialogElement>(null);
  const going = allTalks().filter((talk) => talk.ended === null);
  const leave = async () => {
    dialog.current?.close();
    await Promise.all(going.map((talk) => end(talk)));
    await signOut();
  };
  return (
    <>
      <button
        type="button"
        class="quiet"
        onClick={() => (going.length === 0 ? void leave() : dialog.current?.showModal())}
      >
        Sign out
      </button>
      <dialog ref={dialog} aria-labelledby="sign-out-title">
        <h2 id="sign-out-title">
          {going.length === 1 ? "A session goes on" : `${going.length} sessions go on`}
        </h2>
        <p>Signing out ends what goes on, and erases what is kept of all sessions.</p>
        <div class="choices">
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Stay
          </button>
          <button type="button" class="alarm" onClick={() => void leave()}>
            End and sign out
          </button>
        </div>
      </dialog>
    </>
  );
}

// Buttons that copy a text to the clipboard: each child of its element is a line.

export function copies(button, source, state) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText([...source.children].map((line) => line.textContent).join("\n"));
      state.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(source);
      state.textContent = "The browser did not let us: the text is selected, copy it yourself.";
    }
  });
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  copies(button, document.getElementById(button.dataset.copies), button.nextElementSibling);
}

// The page of background jobs: progress without reloading, and the file as soon as it is there.

const table = document.querySelector("[data-jobs]");
const isOpen = (row) => ["queued", "running"].includes(row.dataset.status);
const wait = table?.dataset.wait;

const look = async () => {
  const answer = await fetch(table.dataset.jobs, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { jobs } = await answer.json();
  for (const job of jobs) {
    const row = table.querySelector(`[data-job="${job.id}"]`);
    if (!row || !isOpen(row)) continue;
    if (!job.is_open || job.status !== row.dataset.status) {
      location.reload();
      return;
    }
    row.querySelector("[data-job-progress]").textContent = job.progress;
    const bar = row.querySelector("[data-job-bar]");
    if (job.total) {
      bar.max = job.total;
      bar.value = job.done;
    }
  }
};

if (table) {
  const rows = [...table.querySelectorAll("[data-job]")];
  if (rows.some(isOpen)) {
    document.querySelector("[data-jobs-hint]")?.remove();
    const again = async () => {
      try {
        await look();
      } catch {
        // The line is dead for now; the work goes on without being watched.
      }
      setTimeout(again, 700);
    };
    setTimeout(again, 300);
  }
  // The file of the job this page was opened for comes by itself, once; it may be done while the page loads again.
  const waited = wait && table.querySelector(`[data-job="${wait}"]`);
  if (waited && isOpen(waited)) {
    sessionStorage.setItem("fetch-job", wait);
  } else if (waited && sessionStorage.getItem("fetch-job") === wait) {
    sessionStorage.removeItem("fetch-job");
    const file = waited.querySelector("[data-job-file]");
    if (file) {
      document.querySelector("[data-jobs-state]").textContent = "文件已做好，正在下载";
      file.click();
    }
  }
}

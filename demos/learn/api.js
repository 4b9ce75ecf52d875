// Asking the server: one answer of a small endpoint, or the frames of a figure as they are drawn.
window.aigcApi = (() => {
  const root = () => (window.gradio_config?.root ?? location.origin + location.pathname).replace(/\/$/, "");
  const failed = said => Object.assign(new Error(said?.en ?? String(said)), { said: typeof said === "string" ? { en: said, zh: said } : said });

  const post = async (route, body, headers = {}) => {
    const answer = await fetch(`${root()}/gradio_api/${route}`, {
      method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) { throw failed(said.error ?? said.detail ?? answer.statusText); }
    return said;
  };

  const ask = async (name, ...data) => (await post(`run/${name}`, { data })).data[0];

  // Calls seen(output, recipe) for every frame; the promise ends with the last one. stop() also ends it.
  const stream = (name, data, seen) => {
    const session_hash = `learn${Math.random().toString(36).slice(2)}`;
    let event_id = null, source = null, stopped = false, finish = () => {};
    const cancel = () => post("cancel", { session_hash, event_id, fn_index: window.gradio_config.dependencies.find(d => d.api_name === name)?.id }).catch(() => {});
    const run = new Promise((resolve, reject) => {
      finish = resolve;
      const end = act => value => { source?.close(); act(value); };
      const show = message => {
        const [output, recipe] = JSON.parse(message.data) ?? [];
        if (output?.error) { end(reject)(failed(output.error)); } else if (output?.svg && !stopped) { seen(output, recipe); }
      };
      post(`call/${name}`, { data, session_hash }, { "x-aigc-previews": "1" }).then(answer => {
        event_id = answer.event_id;
        if (stopped) { return cancel(); }
        source = new EventSource(`${root()}/gradio_api/call/${name}/${event_id}`);
        source.addEventListener("generating", show);
        source.addEventListener("complete", () => end(resolve)());
        source.addEventListener("error", message => {
          if (message.data && JSON.parse(message.data)?.error) { end(reject)(failed(JSON.parse(message.data).error)); }
          else { end(reject)(failed({ en: "The connection was lost. Try again.", zh: "连接已断开，请重试。" })); }
        });
      }).catch(end(reject));
    });
    const stop = () => {
      stopped = true;
      source?.close();
      if (event_id) { cancel(); }
      finish();
    };
    return { run, stop };
  };

  return { ask, stream };
})();

// Names that Gradio gives its own buttons and fields, in English on every page: bilingual.js shows them in the page's language.
(() => {
  const NAMES = {
    "Fullscreen": "全屏", "Exit fullscreen mode": "退出全屏", "Download": "下载", "Download All": "全部下载", "Share": "分享",
    "Close": "关闭", "Clear": "清除", "Undo": "撤销", "Redo": "重做", "Retry": "重试", "Edit": "编辑", "Submit": "提交", "Cancel": "取消",
    "Copy": "复制", "Copied": "已复制", "Copy message": "复制消息", "Copied message": "已复制消息",
    "Copy conversation": "复制对话", "Copied conversation": "已复制对话", "Clear conversation": "清空对话",
    "Remove Image": "移除图片", "Upload file": "上传文件", "Picture": "图片", "Click to upload or drop files": "点击上传或拖放文件",
    "Remove this file": "移除此文件", "Capture from camera": "用摄像头拍摄", "Zoom in": "放大", "Zoom out": "缩小",
    "Brush": "画笔", "Brush Size": "画笔粗细", "Color": "颜色", "Erase": "橡皮",
    "Drop an image file here to upload": "将图像文件拖放到此处以上传", "Paste from clipboard": "从剪贴板粘贴", "Clear canvas": "清空画布",
    "Back to gallery": "返回图库", "Reset to default value": "恢复默认值", "More tabs": "更多标签页",
    "chatbot conversation": "对话内容", "Gradio footer navigation": "页脚",
  };
  const PATTERNS = [
    [/^Thumbnail (\d+) of (\d+)$/, "第 $1 张缩略图，共 $2 张"],
    [/^number input for ([^]*)$/, "$1（数值）"],
    [/^range slider for ([^]*)$/, "$1（滑块）"],
    [/^user's message: ([^]*)$/, "你的消息：$1"],
    [/^bot's message: ([^]*)$/, "模型的消息：$1"],
  ];
  const ENGLISH = Object.fromEntries(Object.entries(NAMES).map(([en, zh]) => [zh, en]));
  const both = (en, zh) => `\uE000${en}\uE001${zh}\uE002`;
  window.aigcGradioName = text => {  // with both languages in it; null for a name that is none of Gradio's
    if (Object.hasOwn(NAMES, text)) { return both(text, NAMES[text]); }
    if (Object.hasOwn(ENGLISH, text)) { return both(ENGLISH[text], text); }
    const [pattern, zh] = PATTERNS.find(([pattern]) => pattern.test(text)) ?? [];
    return pattern ? both(text, text.replace(pattern, zh)) : null;
  };
})();

"""The Chinese names of the styles."""

NAMES_ZH = {
    "starry-swirl": "星夜漩涡", "great-wave": "浮世绘浪", "stained-glass": "彩绘玻璃", "lilac-dawn": "淡紫晨曦",
    "autumn-oil": "秋日油画", "ink-and-lemon": "墨与柠檬", "primary-night": "原色之夜", "copper-dusk": "铜色黄昏",
    "glacier-wash": "冰川淡彩", "spring-crayon": "春日蜡笔", "ochre-contour": "赭石勾线", "sandstone-haze": "砂岩薄雾",
    "winter-coast": "冬日海岸", "broken-light": "碎光", "crimson-poster": "绛红海报", "indigo-beads": "靛蓝珠点",
    "woven-tiles": "编织瓷砖", "jungle-print": "丛林版画", "blue-chalk": "蓝色粉笔", "red-weave": "红色织纹",
    "bamboo-cut": "竹刻", "ember": "余烬", "pop-cutout": "波普剪贴", "ink-and-poppy": "墨与罂粟",
    "moonlit-fog": "月下雾", "dark-tapestry": "暗色挂毯",
    "swirl": "漩涡笔触", "watercolour": "水彩", "woodcut": "木刻", "mosaic": "马赛克", "ink": "水墨", "chalk": "粉笔",
    "oil-painting": "油画", "ink-wash": "水墨画", "anime": "动画背景", "pixel-art": "像素画", "pencil-sketch": "铅笔素描",
}  # fmt: skip

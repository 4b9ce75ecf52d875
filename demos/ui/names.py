"""The Chinese names of styles, instruments and keys, whose English ones are what users type."""

from __future__ import annotations

STYLES_ZH = {
    "starry-swirl": "星夜漩涡",
    "great-wave": "浮世绘浪",
    "stained-glass": "彩绘玻璃",
    "lilac-dawn": "淡紫晨曦",
    "autumn-oil": "秋日油画",
    "ink-and-lemon": "墨与柠檬",
    "primary-night": "原色之夜",
    "copper-dusk": "铜色黄昏",
    "glacier-wash": "冰川淡彩",
    "spring-crayon": "春日蜡笔",
    "ochre-contour": "赭石勾线",
    "sandstone-haze": "砂岩薄雾",
    "winter-coast": "冬日海岸",
    "broken-light": "碎光",
    "crimson-poster": "绛红海报",
    "indigo-beads": "靛蓝珠点",
    "woven-tiles": "编织瓷砖",
    "jungle-print": "丛林版画",
    "blue-chalk": "蓝色粉笔",
    "red-weave": "红色织纹",
    "bamboo-cut": "竹刻",
    "ember": "余烬",
    "pop-cutout": "波普剪贴",
    "ink-and-poppy": "墨与罂粟",
    "moonlit-fog": "月下雾",
    "dark-tapestry": "暗色挂毯",
    "swirl": "漩涡笔触",
    "watercolour": "水彩",
    "woodcut": "木刻",
    "mosaic": "马赛克",
    "ink": "水墨",
    "chalk": "粉笔",
    "starry-night": "凡·高《星月夜》",
    "composition-vii": "康定斯基《构成第七号》",
    "the-scream": "蒙克《呐喊》",
    "kanagawa-wave": "葛饰北斋《神奈川冲浪里》",
    "udnie": "毕卡比亚《尤德尼》",
    "minotaur": "透纳《运输船遇难》",
    "woman-with-a-hat": "马蒂斯《戴帽子的女人》",
    "sakai-hoitsu": "酒井抱一《樱花图屏风》",
    "water-lilies": "莫奈《睡莲》",
    "mondrian": "蒙德里安《构图》",
    "contrast-of-forms": "莱热《形式的对比》",
    "red-chalk": "红粉笔素描",
    "shanshui-reeds": "水墨山水·芦汀",
    "shanshui-cliff": "水墨山水·江崖",
    "blue-green": "青绿山水",
    "ink-on-silk": "绢本水墨·云山",
    "oil-painting": "油画",
    "ink-wash": "水墨画",
    "anime": "动画背景",
    "pixel-art": "像素画",
    "pencil-sketch": "铅笔素描",
}

INSTRUMENTS_ZH = {
    "piano": "钢琴",
    "organ": "管风琴",
    "choir": "合唱",
    "strings": "弦乐",
    "string-quartet": "弦乐四重奏",
    "woodwinds": "木管",
    "brass": "铜管",
    "harpsichord": "羽管键琴",
    "guitar": "吉他",
    "vibraphone": "颤音琴",
    "music-box": "八音盒",
}


def key_zh(key: str) -> str:
    """``C major`` as ``C 大调``."""
    tonic, _, mode = key.partition(" ")
    return f"{tonic} {'大调' if mode == 'major' else '小调'}"

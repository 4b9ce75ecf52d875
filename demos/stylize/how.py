"""*How it works* of the style tab, and the Chinese names of the styles."""

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

EN = r"""
**Style as statistics.** Gatys et al. (2015) saw that the *style* of a picture lies in which features of an image network
occur together, not in where they are. With $F^l_{ik}$ the response of filter $i$ at position $k$ of layer $l$, the Gram matrix is

$$G^l_{ij} = \sum_k F^l_{ik} F^l_{jk}, \qquad
\mathcal{L} = \alpha \sum_{ik} \big(F^l_{ik}(\hat x) - F^l_{ik}(c)\big)^2 + \beta \sum_l w_l \sum_{ij} \big(G^l_{ij}(\hat x) - G^l_{ij}(s)\big)^2 .$$

Minimising $\mathcal{L}$ over the pixels $\hat x$ takes hundreds of steps for every picture. Johnson et al. (2016) train a network $T$
once so that $\hat x = T(c)$ comes out of a single pass.

**26 styles in one network.** Dumoulin et al. (2017) found that all styles can share every convolution: only the scale and shift
after each normalisation differ,

$$z = \gamma_s \, \frac{x - \mu(x)}{\sigma(x)} + \beta_s ,$$

with $\mu, \sigma$ over one channel of one picture. *Any picture as the style* goes one step further (Ghiasi et al. 2017): a second
network reads $\gamma_s, \beta_s$ off the style picture. AdaIN (Huang & Belongie 2017) simply takes the style picture's own statistics,
$\gamma_s = \sigma(s)$ and $\beta_s = \mu(s)$.

**No tiles, no seams.** $\mu$ and $\sigma$ belong to the whole picture. Tiles would each get their own contrast, so the network sees the
picture in one piece, up to 2048 pixels a side.

**Strength and colours.** The result is $c + \lambda\,(\hat x - c)$; at $\lambda = 0$ the picture comes back byte for byte. *Keep colours*
takes the lightness $L^*$ of the painting and $a^*, b^*$ of the photo (CIELAB).
"""

ZH = r"""
**风格即统计量。** Gatys 等（2015）发现，图像的*风格*取决于网络中哪些特征同时出现，而与它们的位置无关。记 $F^l_{ik}$ 为第 $l$ 层
第 $i$ 个滤波器在位置 $k$ 的响应，Gram 矩阵与损失为

$$G^l_{ij} = \sum_k F^l_{ik} F^l_{jk}, \qquad
\mathcal{L} = \alpha \sum_{ik} \big(F^l_{ik}(\hat x) - F^l_{ik}(c)\big)^2 + \beta \sum_l w_l \sum_{ij} \big(G^l_{ij}(\hat x) - G^l_{ij}(s)\big)^2 .$$

直接对像素 $\hat x$ 最小化 $\mathcal{L}$，每张图都要迭代数百步。Johnson 等（2016）改为预先训练网络 $T$，一次前向即得 $\hat x = T(c)$。

**一个网络，26 种风格。** Dumoulin 等（2017）发现所有风格可以共用全部卷积层，只需更换每个归一化层之后的缩放与平移（条件实例归一化）：

$$z = \gamma_s \, \frac{x - \mu(x)}{\sigma(x)} + \beta_s ,$$

其中 $\mu, \sigma$ 在单张图片的单个通道上统计。*任意图片作风格*更进一步（Ghiasi 等 2017）：由另一个网络从风格图片预测 $\gamma_s, \beta_s$。
AdaIN（Huang & Belongie 2017）则直接取风格图片自身的统计量：$\gamma_s = \sigma(s)$，$\beta_s = \mu(s)$。

**不分块，无接缝。** $\mu$、$\sigma$ 是整张图片的统计量；若切块处理，各块的对比度会不一致。因此网络一次看完整张图，边长最大 2048 像素。

**强度与原色。** 输出为 $c + \lambda\,(\hat x - c)$，$\lambda = 0$ 时逐字节还原原图。*保留原色*取画作的亮度 $L^*$ 与照片的色度 $a^*, b^*$（CIELAB 空间）。
"""

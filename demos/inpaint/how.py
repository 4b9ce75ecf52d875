"""*How it works* of the inpainting tab."""

EN = r"""
**Telea (2004): fast marching.** The hole is filled from its border inwards, always the unknown pixel $p$ with the smallest distance
$T(p)$ to the border next; $T$ solves $|\nabla T| = 1$. Its value comes from the known pixels $q$ within the radius $\varepsilon$:

$$I(p) = \frac{\sum_q w(p,q)\,\big[I(q) + \nabla I(q)\cdot(p-q)\big]}{\sum_q w(p,q)}, \qquad
w = \underbrace{\frac{(p-q)\cdot\nabla T(p)}{|p-q|}}_{\text{direction}}\;\underbrace{\frac{1}{|p-q|^2}}_{\text{distance}}\;\underbrace{\frac{1}{1+|T(p)-T(q)|}}_{\text{level}} .$$

**Navier-Stokes (Bertalmio et al. 2001).** Read the brightness $I$ as the stream function of a fluid: its Laplacian $\Delta I$ is the
vorticity, carried along the lines of equal brightness until nothing changes any more:

$$\frac{\partial\,\Delta I}{\partial t} + \nabla^{\perp} I \cdot \nabla\,\Delta I = \nu\,\Delta(\Delta I).$$

So edges run on into the hole. These two only continue what touches the hole: good for scratches and lettering, a blur in large holes.

**PatchMatch (Barnes et al. 2009).** Fills the hole with patches of the picture itself. Each patch around $p$ that touches the hole looks for
the most alike patch around a place $s(p)$ outside it, what is known counting most ($c = \gamma^{-T}$):

$$s(p) = \arg\min_s \sum_u c(p+u)\,\big|I(p+u) - I(s+u)\big|^2 .$$

Looking everywhere would take hours. Instead each patch begins with a guess, tries what its neighbours found, moved along with it, and then random
places ever closer to the best so far; a good guess spreads. The found patches then vote for each pixel of the hole, and all of it repeats,
first on a small copy of the picture, at last at full size. Textures and repeated things stay sharp; what the picture does not hold elsewhere
cannot come. Another seed begins with other guesses and may end with another fill.

**Diffusion.** A diffusion model invents. In RePaint (2022) the known part is put back, at the right noise level, after every step:

$$x_{t-1} = m \odot x_{t-1}^{\text{model}} + (1-m) \odot \big(\sqrt{\bar\alpha_{t-1}}\,x_0 + \sqrt{1-\bar\alpha_{t-1}}\,\epsilon\big).$$

Stable Diffusion Inpainting is trained for it: its U-Net also gets the mask and the blanked picture as input channels. It sees a crop
around the hole at its own size; the result is laid back only where the mask is.

**The mask.** White means repaint. *Grow* adds every pixel within that Euclidean distance (negative: shrinks); *feather* blends inside the mask
over so many pixels. Outside, every byte stays.
"""

ZH = r"""
**Telea（2004）：快速行进。** 从孔洞边缘向内逐点填充，每次取到边缘距离 $T(p)$ 最小的未知像素 $p$，其中 $T$ 满足 $|\nabla T| = 1$。
像素值由半径 $\varepsilon$ 内的已知像素 $q$ 加权得到：

$$I(p) = \frac{\sum_q w(p,q)\,\big[I(q) + \nabla I(q)\cdot(p-q)\big]}{\sum_q w(p,q)}, \qquad
w = \underbrace{\frac{(p-q)\cdot\nabla T(p)}{|p-q|}}_{\text{方向}}\;\underbrace{\frac{1}{|p-q|^2}}_{\text{距离}}\;\underbrace{\frac{1}{1+|T(p)-T(q)|}}_{\text{等值线}} .$$

**Navier-Stokes（Bertalmio 等 2001）。** 把亮度 $I$ 看作流体的流函数，其拉普拉斯 $\Delta I$ 即涡量，沿等亮度线输运直至稳态：

$$\frac{\partial\,\Delta I}{\partial t} + \nabla^{\perp} I \cdot \nabla\,\Delta I = \nu\,\Delta(\Delta I).$$

因此边缘能顺势延伸进孔洞。两种算法都只会延续孔洞周围的内容：适合划痕与文字，面积一大就会模糊。

**PatchMatch（Barnes 等 2009）。** 用图片自身的小块来填补。凡与孔洞重叠的小块（中心为 $p$），都在孔洞之外寻找最相似的小块 $s(p)$，
已知像素的权重最大（$c = \gamma^{-T}$）：

$$s(p) = \arg\min_s \sum_u c(p+u)\,\big|I(p+u) - I(s+u)\big|^2 .$$

逐一比较要花几个小时，因此每个小块先随便猜一个位置，再试邻居找到的位置（平移相应距离），然后在当前最优位置附近由远及近随机试探：
好的猜测会迅速传开。找到的小块随后对孔洞内的每个像素加权投票；先在缩小的图上做，逐级放大到原尺寸。
纹理和重复的内容依旧清晰，但图中别处没有的东西补不出来。换一个种子，初始猜测不同，结果也可能不同。

**扩散模型。** 扩散模型能凭空生成内容。RePaint（2022）在每步去噪后，把已知区域按相应噪声水平放回：

$$x_{t-1} = m \odot x_{t-1}^{\text{model}} + (1-m) \odot \big(\sqrt{\bar\alpha_{t-1}}\,x_0 + \sqrt{1-\bar\alpha_{t-1}}\,\epsilon\big).$$

Stable Diffusion Inpainting 则专门为此训练：U-Net 额外输入遮罩和挖空后的图像。模型处理孔洞周围缩放到自身尺寸的局部，结果只贴回遮罩之内。

**遮罩。** 白色表示重绘。*扩张*按欧氏距离外扩（负数为收缩），*羽化*在遮罩内部过渡；遮罩之外逐字节不变。
"""

"""The *How it works* text of the speech tab."""

EN = r"""
**From letters to sounds.** Spelling is a poor guide to sound, so the text is first written out (*5 %* becomes *five
percent*, *1984* becomes *nineteen eighty four*) and turned into **phonemes**: espeak-ng's rules for English; for Chinese a word segmenter, the reading of each
character in its word (银**行** háng, **行**走 xíng), and a table from pinyin to IPA with the tone as an arrow
(→ first, ↗ second, ↓ third, ↘ fourth). You can edit the phonemes and have them spoken as they are.

**From sounds to speech.** Kokoro-82M is [StyleTTS 2](https://arxiv.org/abs/2306.07691) without its diffusion part. A text encoder
reads the phonemes $p_1 \dots p_n$. Under a **style vector** $s \in \mathbb{R}^{256}$, which is the voice, it predicts how many
frames $d_i$ each phoneme lasts, then pitch and energy per frame; the phoneme vectors are repeated $d_i$ times, and a decoder turns
frames into sound:
$$\hat x = \mathrm{iSTFT}\big(A_{k,t}\, e^{\,i\varphi_{k,t}}\big), \qquad (A, \varphi) = \mathrm{Dec}\big(\mathrm{Enc}(p)\uparrow d,\; F_0,\; N,\; s\big)$$
The decoder ([iSTFTNet](https://arxiv.org/abs/2203.02395)) writes magnitude $A$ and phase $\varphi$ of a small short-time spectrum
instead of single samples; the inverse Fourier transform does the last, most repetitive step for free. A voice here is one table of
style vectors, one row for each length $n$. The speed divides the durations: $d_i / v$.

The exported network has no random part: **equal phonemes give equal samples, whatever the seed.** VITS and SpeechT5 do draw
random numbers; there the seed is another rendition, or another speaker.

**The picture.** Above the waveform, below the **mel spectrogram**: power in short windows, pooled by triangular filters $H_m$ evenly
spaced on the mel scale, which follows the ear:
$$S_{m,t} = 10 \log_{10} \sum_k H_m(k)\,\Big|\sum_{\tau} x_{tH+\tau}\, w_\tau\, e^{-2\pi i k \tau / N}\Big|^2, \qquad m(f) = 2595 \log_{10}\!\Big(1 + \frac{f}{700}\Big)$$
Bright horizontal bands are the harmonics and formants of vowels; *s* and *sh* are clouds at the top.

**Real-time factor** = seconds of computing / seconds of speech. Below 1 the speech is made faster than it is heard; the text is
synthesised sentence by sentence, so you can listen after the first one.

**Use with care.** The voices are synthetic, and every file says in its metadata that it is AI-generated. Tell listeners so. Do not use
synthetic speech to pass for a real person.
"""

ZH = r"""
**文本 → 音素。** 拼写并不等于读音，因此先做文本规范化（*2023年* 读作 *二零二三年*，*3.5元* 读作 *三点五元*），再转成**音素**：英文由 espeak-ng
按规则转写；中文先分词，再根据词语确定多音字读音（银**行** háng、**行**走 xíng），最后把拼音映射为国际音标，声调用箭头表示
（→ 阴平，↗ 阳平，↓ 上声，↘ 去声）。音素可以手动修改，再直接合成。

**音素 → 波形。** Kokoro-82M 采用 [StyleTTS 2](https://arxiv.org/abs/2306.07691) 结构，去掉了扩散部分。文本编码器读入音素 $p_1 \dots p_n$；
在**风格向量** $s \in \mathbb{R}^{256}$（即音色）的条件下，先预测每个音素持续的帧数 $d_i$，再预测逐帧的基频与能量；音素向量按 $d_i$ 展开，交给解码器：
$$\hat x = \mathrm{iSTFT}\big(A_{k,t}\, e^{\,i\varphi_{k,t}}\big), \qquad (A, \varphi) = \mathrm{Dec}\big(\mathrm{Enc}(p)\uparrow d,\; F_0,\; N,\; s\big)$$
解码器（[iSTFTNet](https://arxiv.org/abs/2203.02395)）不逐点生成采样，而是输出短时频谱的幅度 $A$ 与相位 $\varphi$，最后由逆傅里叶变换得到波形，
计算量大为降低。每种音色就是一张风格向量表，按音素个数 $n$ 取对应的一行。语速 $v$ 作用于时长：$d_i / v$。

导出的网络不含随机运算：**音素相同，输出逐字节相同，与种子无关。** VITS 与 SpeechT5 则会采样：换一个种子，就换一种读法或换一位说话人。

**图示。** 上方为波形，下方为**梅尔频谱**：对每个短时窗求功率谱，再用在梅尔刻度上等距的三角滤波器 $H_m$ 汇总，与人耳的频率分辨率相近：
$$S_{m,t} = 10 \log_{10} \sum_k H_m(k)\,\Big|\sum_{\tau} x_{tH+\tau}\, w_\tau\, e^{-2\pi i k \tau / N}\Big|^2, \qquad m(f) = 2595 \log_{10}\!\Big(1 + \frac{f}{700}\Big)$$
明亮的横纹是元音的谐波与共振峰，顶部云状的亮斑是 *s*、*sh* 一类擦音。

**实时率（RTF）** = 计算耗时 / 语音时长。小于 1 表示合成快于播放；文本按句合成，第一句完成即可试听。

**请负责任地使用。** 所有音色均为合成音色，每个文件的元数据都标明“AI 生成”。向他人播放时请如实说明，不得用合成语音冒充真人。
"""

"""One paragraph for every view of the inside, in both languages, and the source file that does the work."""

from demos.ui.i18n import Text

TEXTS: dict[str, tuple[Text, str]] = {
    "attention": (
        Text(
            r"""In every layer each token asks a question, its query $q$, and compares it with the keys $k$ of all tokens up to
itself: $$A=\mathrm{softmax}\!\left(\frac{qk^\top}{\sqrt d}+\text{causal mask}\right).$$ Row $t$ of $A$ sums to 1 and says from
where token $t$ takes information; the stronger a cell's colour, the larger the weight. Several heads do this side by side, and some specialise: on
the token before, or on *what followed the same word last time*, which is how a model copies a pattern from its context
(induction heads). Very often the first token gets most of the weight: a head that finds nothing parks its attention there, so
the colours leave it out unless you say otherwise. A weight shows where information comes from, not what is done with it.""",
            r"""在每一层，每个 token 用自己的 query $q$ 与此前（含自身）所有 token 的 key $k$ 做匹配：
$$A=\mathrm{softmax}\!\left(\frac{qk^\top}{\sqrt d}+\text{因果掩码}\right).$$ $A$ 的第 $t$ 行之和为 1，表示 token $t$
从哪些位置获取信息，颜色越浓权重越大。多个注意力头并行计算，部分头有明确分工：有的专看前一个 token，有的专看
*同一个词上次出现后跟着什么*，模型正是靠后者从上文复制模式（归纳头，induction head）。首个 token 往往分得大部分权重：
头在没有可看的内容时会把注意力“停放”在那里，因此默认着色时将其略去。权重只说明信息来自哪里，并不说明信息如何被使用。""",
        ),
        "aigc_core/models/llama.py",
    ),
    "surprise": (
        Text(
            r"""The model reads your text and is asked before every token how likely it is. The surprise of token $t$ is
$$s_t=-\log_2 p(x_t\mid x_{<t})\ \text{bits},$$ one bit for a coin flip, 13 bits for one word among 8,192. Added up and divided by
the text's bytes it gives **bits per byte**: what the text would take if it were compressed with the model, and the fair number
to compare models by, whatever their tokens. **Perplexity** $2^{\frac1T\sum_t s_t}$ is the number of equally likely tokens that
would be as hard to guess; compare it only between models with one vocabulary. The first token is judged with no context.""",
            r"""模型逐个读入文本，在每个 token 之前给出它的概率。token $t$ 的意外程度（信息量）为
$$s_t=-\log_2 p(x_t\mid x_{<t})\ \text{bit},$$ 猜硬币正反面为 1 bit，从 8,192 个词中猜一个为 13 bit。求和后除以文本字节数即
**每字节比特数**（bits per byte），等于用该模型压缩这段文本所需的空间；它与分词方式无关，适合比较不同模型。
**困惑度** $2^{\frac1T\sum_t s_t}$ 表示难度相当于在多少个等概率 token 中猜一个，只宜在词表相同的模型之间比较。首个 token 没有上文可依据。""",
        ),
        "aigc_core/pipelines/text/inspect_lm.py",
    ),
    "compare": (
        Text(
            r"""Both models continue the same prompt with the same seed and the same settings, one after the other. Each draws
$x_t\sim p_\theta(\cdot\mid x_{<t})$ from its own distribution, so the texts part ways even though the random numbers are the
same. Colours are each model's own probabilities: a model that is sure of everything it writes is not necessarily the better one.""",
            r"""两个模型使用相同的提示词、随机种子与参数，先后续写。各自从自己的分布
$x_t\sim p_\theta(\cdot\mid x_{<t})$ 中采样，因此即便随机数相同，文本也会分道扬镳。颜色是各模型自己给出的概率：
对自己写的每个词都很有把握，并不意味着写得更好。""",
        ),
        "demos/continue_text/views/compare.py",
    ),
    "watermark": (
        Text(
            r"""With *Watermark* on (Advanced), the token before decides which quarter of the vocabulary is green, and green
logits rise by $\delta=2$ before the draw. A reader sees nothing; who knows the key counts. Without the mark a token is green with
probability $\gamma=\tfrac14$, so the count $g$ of $n$ pairs is binomial: $$z=\frac{g-\gamma n}{\sqrt{n\gamma(1-\gamma)}},\qquad
p=P(X\ge g).$$ Two hundred tokens usually suffice; rewriting or translating the text removes the mark, and a small $p$ says
nothing about truth.""",
            r"""开启“水印”（高级设置）后，前一个 token 决定词表中哪四分之一为绿色，采样前绿色 token 的 logit 增加 $\delta=2$。
读者看不出差别，掌握密钥者则可以计数：无水印时每个 token 为绿色的概率是 $\gamma=\tfrac14$，$n$ 对中的绿色数 $g$ 服从二项分布，
$$z=\frac{g-\gamma n}{\sqrt{n\gamma(1-\gamma)}},\qquad p=P(X\ge g).$$ 通常两百个 token 就足以判定；改写或翻译会抹去水印，
而 $p$ 值小也不说明内容真实。""",
        ),
        "aigc_core/sampling/text/watermark.py",
    ),
}

"""*How it works* of the tabs that write text, in both languages."""

CONTINUE_EN = r"""
A language model knows one thing: given the text so far, how likely is each possible next **token** (a word or a piece of
one). The chain rule makes a model of whole texts out of that,

$$p(x_1,\dots,x_T)=\prod_{t=1}^{T}p(x_t\mid x_{<t}).$$

The network gives a score $z_i$, the *logit*, for each of the 49,152 tokens of its vocabulary. **Temperature** $\tau$ turns
scores into probabilities,

$$p_i=\frac{e^{z_i/\tau}}{\sum_j e^{z_j/\tau}},$$

sharp for small $\tau$ (at 0 the largest score always wins), flat for large. **Top-k** keeps the $k$ likeliest tokens.
**Top-p** (nucleus sampling) keeps the smallest set $V_p$ of likeliest tokens with $\sum_{i\in V_p}p_i\ge p$: many where the
model hesitates, one where it is sure. **Min-p** keeps tokens with $p_i\ge p_{\min}\max_j p_j$. The **repetition penalty**
$\theta$ makes tokens already used less likely, $z_i\leftarrow z_i/\theta$ for $z_i>0$ and $z_i\theta$ for $z_i<0$. Then one
token is drawn with the seed's random numbers, appended, and the whole begins again.

**Contrastive search** draws nothing. Of the $k$ likeliest tokens it takes the one with the largest
$(1-\alpha)\,p(v)-\alpha\max_j\cos(h_v,h_j)$, where $h_v$ is the network's last state had it read $v$ and $h_j$ those of the
text so far: likely, but not a repetition.

**Speculative decoding** spends idle arithmetic on speed. Where the text ends as it did once before, what followed then is
copied as a draft, and one pass of the network reads token and draft together. Each token is drawn as ever; as long as the draw is
the draft, the next probabilities are there already. The text is the one that would have come without. It pays where a text copies
itself (lists, code, low temperatures), and costs a few per cent in free prose, where hardly anything comes twice.

Attention compares the new token's query with the keys of all earlier ones, $\mathrm{softmax}(qK^\top/\sqrt d)\,V$. Keys and
values never change once computed, so they are kept: with this **KV cache** a step costs one token's work instead of the
whole text's. What remains is reading every weight once per token, which is why the weights are kept in 16 bits here: half
the bytes, nearly twice the speed.

The colours show the model's own probability, before temperature and truncation. Hover a red token: often the alternatives
are just as good, and that is where a story takes its turns.
"""

CONTINUE_ZH = r"""
语言模型只做一件事：根据已有文本，给出下一个 **token**（词或词的片段）的概率分布。由链式法则即可得到整段文本的概率：

$$p(x_1,\dots,x_T)=\prod_{t=1}^{T}p(x_t\mid x_{<t}).$$

网络为词表中的 49,152 个 token 各输出一个分数 $z_i$（logit），再用**温度** $\tau$ 经 softmax 变成概率：

$$p_i=\frac{e^{z_i/\tau}}{\sum_j e^{z_j/\tau}}.$$

$\tau$ 越小分布越尖锐（取 0 即贪心解码，总选分数最高者），越大越平坦。**Top-k** 只保留概率最高的 $k$ 个；**Top-p**（核采样）保留累计概率满足
$\sum_{i\in V_p}p_i\ge p$ 的最小集合 $V_p$：模型犹豫时候选多，有把握时只剩一个；**Min-p** 保留 $p_i\ge p_{\min}\max_j p_j$ 的 token。**重复惩罚** $\theta$ 压低已生成过的 token：$z_i>0$ 时除以 $\theta$，$z_i<0$ 时乘以 $\theta$。最后按种子对应的随机数抽取一个 token，拼到末尾，如此循环。

**对比搜索**（contrastive search）不做随机采样：在概率最高的 $k$ 个 token 中，选 $(1-\alpha)\,p(v)-\alpha\max_j\cos(h_v,h_j)$ 最大者，其中 $h_v$ 是假设读入 $v$ 后网络末层的隐状态，$h_j$ 为此前各 token 的隐状态；既要概率高，又不与上文雷同。

**推测解码**（speculative decoding）用空闲的算力换速度：若文本结尾的几个 token 在前文出现过，就把当时后面的内容抄作草稿，与新 token 一起用一次前向计算读入。每个 token 照常采样，只要抽中的正是草稿，下一步的概率便已算好，因此结果与不用时相同。列表、代码、低温度等自我重复多的场合收益明显，自由行文中很少有重复，反而略慢百分之几。

注意力用新 token 的 query 与此前所有 token 的 key 做匹配：$\mathrm{softmax}(qK^\top/\sqrt d)\,V$。key 与 value 一经算出便不再变化，因此缓存起来复用，即 **KV 缓存**：每一步只需计算一个 token，而不必重算全文。剩下的开销主要是每步把全部权重从内存读一遍，所以这里权重以 16 位存放，字节减半，速度接近翻倍。

颜色表示模型自身给出的概率（温度与截断之前）。把鼠标移到红色 token 上看看：其他候选往往同样合理，故事的走向就是在这些地方分岔的。
"""

CHAT_EN = r"""
A chat model is the same next-token model as on the *Text continuation* tab. A **chat template** writes the conversation as
one text with special tokens around each turn,

`<|im_start|>system … <|im_end|> <|im_start|>user … <|im_end|> <|im_start|>assistant`

and the model simply continues it until it draws `<|im_end|>`. It was tuned on such conversations, first by imitation,
$\max_\theta\sum_t\log p_\theta(x_t\mid x_{<t})$ over the assistant's tokens, then by preference between pairs of answers
(DPO). *Exact prompt* shows the text, character by character.

The model has no memory of its own: with every message it reads the whole conversation again. Its **context window** is the
most tokens it can read and write together; the meter shows how full it is. When it is full the oldest turns are left out,
and the page says so.

The **model from scratch** (`chat-gpt-en`) learned English from books and conversation from dialogues, with the loss on replies.
It draws several replies $r$ to the conversation $c$ and keeps the one with the largest

$$\frac{\log p(r\mid c)-\lambda\log p(r)}{|r|},\qquad\lambda=0.5,$$

so that what would fit anything does not always win (Li et al. 2016). No three tokens may occur twice in a reply.

A network of 135 million parameters speaks fluently but knows little: check every fact, name and sum.
"""

CHAT_ZH = r"""
对话模型与“文本续写”标签页中的模型原理相同，都是预测下一个 token。**对话模板**（chat template）把整段对话写成一段文本，每轮发言用特殊 token 包起来：

`<|im_start|>system … <|im_end|> <|im_start|>user … <|im_end|> <|im_start|>assistant`

模型只是把它续写下去，直到抽到 `<|im_end|>` 为止。训练分两步：先在对话数据上做监督微调，即对助手的 token 最大化
$\sum_t\log p_\theta(x_t\mid x_{<t})$；再用成对回答的偏好数据做对齐（DPO）。“实际提示词”一栏逐字展示送入模型的文本。

模型自身没有记忆：每发一条消息，都要把整段对话重读一遍。**上下文窗口**是读入与生成合计的 token 上限，进度条显示已用多少；装满后最早的轮次不再送入模型，页面会明确提示。

**从零训练的模型**（`chat-gpt-en`）先从书籍学英语，再用对话数据微调，损失只计回复部分。它对对话 $c$ 生成多个回复 $r$，保留下式最大者：

$$\frac{\log p(r\mid c)-\lambda\log p(r)}{|r|},\qquad\lambda=0.5,$$

以免总是选中放之四海皆准的套话（Li et al. 2016）。同一回复中任意三个连续 token 不得重复出现。

1.35 亿参数的网络说话流畅，但知识有限：其中的事实、人名与计算请务必核对。
"""

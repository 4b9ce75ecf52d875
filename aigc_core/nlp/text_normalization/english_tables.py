"""Words and short forms that English reading looks up."""

from __future__ import annotations

import re

MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
MONTH_NUMBER = {**{m: i for i, m in enumerate(MONTHS, 1)}, **{m[:3]: i for i, m in enumerate(MONTHS, 1)}, "Sept": 9}
ABBREVIATIONS = {
    "Mr": "mister", "Mrs": "missus", "Ms": "miss", "Dr": "doctor", "Prof": "professor", "Jr": "junior",
    "Sr": "senior", "Gen": "general", "Capt": "captain", "Lt": "lieutenant", "Col": "colonel", "Sgt": "sergeant",
    "Maj": "major", "Cpl": "corporal", "Adm": "admiral", "Cmdr": "commander", "Gov": "governor", "Sen": "senator",
    "Rep": "representative", "Pres": "president", "Rev": "reverend", "Hon": "honorable", "Fr": "father", "vs": "versus",
    "etc": "et cetera", "approx": "approximately", "Approx": "approximately", "Inc": "incorporated", "Ltd": "limited",
    "Co": "company", "Corp": "corporation", "Bros": "brothers", "Dept": "department", "dept": "department", "Univ": "university",
    "Assn": "association", "Fig": "figure", "fig": "figure", "Figs": "figures", "figs": "figures", "Vol": "volume",
    "vol": "volume", "Mt": "mount", "est": "established", "Est": "established", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road",
    "Ln": "Lane", "Hwy": "Highway", "Pkwy": "Parkway", "Sq": "Square", "Apt": "apartment", "Ste": "suite", "Bldg": "building",
    "Eq": "equation", "eq": "equation", "Eqs": "equations", "Sec": "section", "Ch": "chapter", "ch": "chapter", "Ref": "reference",
    "Tel": "telephone", "tel": "telephone", "ext": "extension", "Ext": "extension", "temp": "temperature", "max": "maximum",
    "min": "minimum", "avg": "average", "misc": "miscellaneous", "govt": "government", "Govt": "government", "intl": "international",
    "al": "al", "viz": "namely", "cf": "compare", "ca": "circa", "incl": "including", "excl": "excluding", "ed": "edition",
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thur": "Thursday",
    "Thurs": "Thursday", "Fri": "Friday",
    **{month[:3]: month for month in MONTHS if month != "May"}, "Sept": "September",
}  # fmt: skip
BEFORE_NUMBER = {
    "No": "number", "no": "number", "Nos": "numbers", "nos": "numbers", "NO": "number", "p": "page", "pp": "pages", "pg": "page", "Pt": "part",
    "Art": "article", "Ver": "version", "ver": "version", "v": "verse",
}  # fmt: skip
UNIT_SHORT = {
    "in": "inch", "ft": "foot", "yd": "yard", "mi": "mile", "lb": "pound", "lbs": "pound", "oz": "ounce", "hr": "hour",
    "hrs": "hour", "min": "minute", "mins": "minute", "sec": "second", "secs": "second", "yr": "year", "yrs": "year",
    "sq": "square", "gal": "gallon", "wk": "week", "wks": "week", "mo": "month", "mos": "month", "tbsp": "tablespoon", "tsp": "teaspoon",
}  # fmt: skip
TITLES = ("Mr", "Mrs", "Ms", "Dr", "Prof")
CURRENCIES = {
    "$": ("dollar", "cent"), "£": ("pound", "pence"), "€": ("euro", "cent"), "¥": ("yuan", "fen"), "₹": ("rupee", "paisa"),
    "₩": ("won", "jeon"), "₽": ("ruble", "kopeck"), "฿": ("baht", "satang"), "₫": ("dong", ""), "₺": ("lira", "kurus"),
    "₴": ("hryvnia", "kopiyka"), "₦": ("naira", "kobo"), "₱": ("peso", "centavo"), "₪": ("shekel", "agora"),
    "US$": ("U S dollar", "cent"), "A$": ("Australian dollar", "cent"), "AU$": ("Australian dollar", "cent"),
    "C$": ("Canadian dollar", "cent"), "CA$": ("Canadian dollar", "cent"), "HK$": ("Hong Kong dollar", "cent"),
    "NT$": ("new Taiwan dollar", "cent"), "S$": ("Singapore dollar", "cent"), "NZ$": ("New Zealand dollar", "cent"),
    "R$": ("Brazilian real", "centavo"), "CN¥": ("yuan", "fen"), "JP¥": ("yen", ""), "RMB": ("yuan", "fen"), "CNY": ("yuan", "fen"),
    "USD": ("U S dollar", "cent"), "EUR": ("euro", "cent"), "GBP": ("pound", "pence"), "JPY": ("yen", ""), "HKD": ("Hong Kong dollar", "cent"),
    "AUD": ("Australian dollar", "cent"), "CAD": ("Canadian dollar", "cent"), "CHF": ("Swiss franc", "centime"),
    "INR": ("rupee", "paisa"), "KRW": ("won", ""), "SGD": ("Singapore dollar", "cent"), "TWD": ("new Taiwan dollar", "cent"),
    "kr": ("krona", "ore"), "BTC": ("bitcoin", ""), "ETH": ("ether", ""),
}  # fmt: skip
SAME_PLURAL = frozenset(
    ("yuan", "won", "baht", "yen", "dong", "pence", "fen", "satang", "paisa", "kobo", "jeon", "agora")
)
SCALE_SUFFIX = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "mm": "million", "MM": "million", "b": "billion",
    "B": "billion", "bn": "billion", "Bn": "billion", "t": "trillion", "T": "trillion", "tn": "trillion", "mio": "million",
}  # fmt: skip
SCALE_WORDS = ("thousand", "million", "billion", "trillion", "hundred")
KINGS = (
    "Henry|Louis|George|Charles|Edward|James|William|Richard|Elizabeth|Mary|Philip|Felipe|Ferdinand|Francis|Frederick|Friedrich|"
    "Napoleon|Nicholas|Peter|Catherine|Alexander|Ivan|Otto|Wilhelm|Leopold|Albert|Christian|Gustav|Harald|Olaf|Ramesses|"
    "Ramses|Cleopatra|Ptolemy|Darius|Xerxes|Artaxerxes|Pope|Pius|Leo|Benedict|Gregory|Innocent|Clement|Urban|Boniface|Paul|"
    "John|Julius|Sixtus|Alfonso|Pedro|Carlos|Juan|Baldwin|Robert|David|Haakon|Margrethe|Karl|Rama|Vajiralongkorn|"
    "Mehmed|Murad|Selim|Suleiman|Akbar|Thutmose|Amenhotep|Tutmosis|Victor|Emmanuel|Umberto|Maximilian|Rudolf|Rudolph|"
    "Sigismund|Ladislaus|Casimir|Stephen|Vladimir|Boris|Simeon|Andrew|Eric|Erik|Valdemar|Sancho|Isabella|Anne|Joseph|Theodore"
)
NUMBERED = (
    "World War|Chapter|Part|Act|Scene|Book|Volume|Vol|Section|Phase|Type|Class|Level|Stage|Article|Title|Appendix|Figure|Table|Grade|"
    "Super Bowl|Final Fantasy|Rocky|Star Trek|Episode|Version|Mark|Apollo|Saturn|Page|Group|Category|Factor|Schedule|Division|"
    "Olympiad|Canto|Psalm|Corps|Unit|Round|Season|Symphony|Opus|War|Vatican|Step|Model|Tier|Zone|Area|Year|Exhibit|Rule|Quartet"
)
SPORTS = r"won|win|wins|lost|lose|beat|beats|score|scored|lead|leads|led|defeat|defeated|draw|drew|tied|victory|game|match|final|set|level"
DENOMINATOR_WORDS = {"kg": "kilogram", "h": "hour", "hr": "hour"}
NEVER_ROMAN = frozenset(
    "I MIX CD DC MD CC MM XL XXL LL LCD DVD MC DI DID CIVIL MILD MID VIM LIV DIM CIV MI MV DM CM CV CI CL MCI ID IL LI LID MIL XX".split()
)
EMERGENCY = r"(?:call|calls|called|calling|dial|dials|dialed|dialled|dialing|phone|phoned|phoning|ring|rang|ringing|text|texting|fax|tel|telephone|emergency|hotline|helpline|contact|reach us at|number is)\W{0,3}(?:us |at |on |to |for |or |and |is |number |[\d-]{3,12},? ){0,5}$"
AS_DIGITS = r"(?:zip(?: code)?|postcode|postal code|pin(?: code)?|code|password|passcode|OTP|account(?: number)?|ID|id number|serial(?: number)?|extension|ext\.?|flight(?: [A-Z]{2})?|ending in|ends in|SKU|order(?: number)?|[A-Z][a-z]+, [A-Z]{2})\W{0,2}(?:is |number |no\. |#){0,2}$"
WORD = re.compile(r"[A-Za-z]+")

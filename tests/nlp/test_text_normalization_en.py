"""English is read as an announcer would read it; expected readings are written by hand."""

from __future__ import annotations

import pytest

from aigc_core.nlp import reading, text_normalization

READINGS = """
# cardinals
I have 0 apples | I have zero apples
13 cats and 40 dogs | thirteen cats and forty dogs
101 nights | one hundred one nights
There were 12,345 visitors | There were twelve thousand three hundred forty five visitors
1,000,000 views | one million views
7,000,000,001 people | seven billion one people
agent 007 | agent zero zero seven
1,2,3 go | one, two, three go
Add 2 and 3. | Add two and three.
# ordinals
the 1st time | the first time
the 2nd, 3rd and 4th | the second, third and fourth
her 21st birthday | her twenty first birthday
the 112th floor | the one hundred twelfth floor
the 1,000th visitor | the one thousandth visitor
# decimals
.5 | point five
0.25 seconds | zero point two five seconds
3.14159 | three point one four one five nine
a drop of .75 points | a drop of point seven five points
1,234.5 points | one thousand two hundred thirty four point five points
# signs
-5 | minus five
It is -12 outside | It is minus twelve outside
+7 points | plus seven points
-3.5 degrees | minus three point five degrees
±2 points | plus or minus two points
# money
$5 | five dollars
$1 | one dollar
-$5 | minus five dollars
$-20 | minus twenty dollars
$1.5M | one point five million dollars
$5K | five thousand dollars
$2.3B in sales | two point three billion dollars in sales
$3.2 trillion | three point two trillion dollars
$0.99 | ninety nine cents
$19.99 | nineteen dollars and ninety nine cents
$1,234.56 | one thousand two hundred thirty four dollars and fifty six cents
£20 | twenty pounds
£1.01 | one pound and one penny
€50 | fifty euros
€2.5bn | two point five billion euros
¥500 | five hundred yuan
₹300 | three hundred rupees
₩5,000 | five thousand won
US$100 | one hundred U S dollars
HK$20 | twenty Hong Kong dollars
100 USD | one hundred U S dollars
EUR 20 | twenty euros
20€ | twenty euros
a $5 bill | a five dollar bill
$5-$10 | five dollars to ten dollars
$5-10 | five to ten dollars
$1-2 million | one to two million dollars
$15/h | fifteen dollars per hour
50¢ | fifty cents
# percentages
50% | fifty percent
99.9% | ninety nine point nine percent
-5% | minus five percent
5%-10% | five percent to ten percent
5-10% | five to ten percent
3‰ | three per thousand
# ranges
pages 10-20 | pages ten to twenty
3–5 kg | three to five kilograms
20 - 30 people | twenty to thirty people
1990-1995 | nineteen ninety to nineteen ninety five
1914–18 | nineteen fourteen to eighteen
10,000-15,000 steps | ten thousand to fifteen thousand steps
ages 6–12 | ages six to twelve
# times
10:30am | ten thirty A M
10:30 AM | ten thirty A M
9am-5pm | nine A M to five P M
9-5pm | nine to five P M
9:30-11:00 | nine thirty to eleven o'clock
9:30am–11:15am | nine thirty A M to eleven fifteen A M
17:05 | seventeen oh five
8:00 | eight o'clock
at 7 p.m. sharp | at seven P M sharp
10:30:15 | ten thirty and fifteen seconds
12:00pm | twelve P M
5 o'clock | five o'clock
3:45 PM EST | three forty five P M EST
# ratios and scores
1:1000 | one to one thousand
16:9 | sixteen to nine
a ratio of 1:10 | a ratio of one to ten
a scale of 1:50 | a scale of one to fifty
They won 3-2 | They won three to two
a 21-19 victory | a twenty one to nineteen victory
4:3 screens | four to three screens
2:1 | two to one
# dates
2024/01/02 | January second, twenty twenty four
31/12/2024 | December thirty first, twenty twenty four
12/31/2024 | December thirty first, twenty twenty four
2024-05-01 | May first, twenty twenty four
31.12.1999 | December thirty first, nineteen ninety nine
2026-09-18T14:05:00Z | September eighteenth, twenty twenty six, fourteen oh five UTC
2026-09-18T14:05:30+02:00 | September eighteenth, twenty twenty six, fourteen oh five and thirty seconds UTC plus two
May 1st 2024 | May first, twenty twenty four
May 1, 2024 | May first, twenty twenty four
1 May 2024 | May first, twenty twenty four
the 4th of July, 1776 | the July fourth, seventeen seventy six
Jan. 5, 2010 | January fifth, twenty ten
Sept. 11 | September eleventh
June 2019 | June twenty nineteen
May 3-5, 2021 | May third to fifth, twenty twenty one
12/25/99 | December twenty fifth, nineteen ninety nine
the '80s | the eighties
the 80s | the eighties
the 1990s | the nineteen nineties
the 2010s | the twenty tens
the 1800s | the eighteen hundreds
in the mid-1970s | in the mid nineteen seventies
class of '08 | class of oh eight
in 1066 | in ten sixty six
since 1805 | since eighteen oh five
In 2005 and 2024 | In two thousand five and twenty twenty four
44 BC and 476 AD | forty four BC and four seventy six AD
# telephone numbers
Call +44 20 7946 0958 now. | Call plus four four, two zero, seven nine four six, zero nine five eight now.
+1 415-555-2671 and +86 138 0013 8000 | plus one, four one five, five five five, two six seven one and plus eight six, one three eight, zero zero one three, eight zero zero zero
+44 20 7946 0958 | plus four four, two zero, seven nine four six, zero nine five eight
(555) 123-4567 | five five five, one two three, four five six seven
555-123-4567 | five five five, one two three, four five six seven
+1 212 555 0100 | plus one, two one two, five five five, zero one zero zero
1-800-555-0199 | one, eight zero zero, five five five, zero one nine nine
call 911 | call nine one one
Dial 112 or 999 | Dial one one two or nine nine nine
020 7946 0958 | zero two zero, seven nine four six, zero nine five eight
# versions
2.13.0 | two point thirteen point zero
v1.2 | version one point two
v2.0.1-rc1 | version two point zero point one rc one
Python 3.12 | Python three point twelve
version 1.10 | version one point ten
Ubuntu 22.04 | Ubuntu twenty two point oh four
# addresses
192.168.1.1 | one nine two dot one six eight dot one dot one
10.0.0.0/8 | one zero dot zero dot zero dot zero slash eight
127.0.0.1:8080 | one two seven dot zero dot zero dot one colon eight zero eight zero
john.doe@example.com | john dot doe at example dot com
mail a_b-c@mail.example.org. | mail a underscore b dash c at mail dot example dot org.
https://www.example.com/docs | example dot com slash docs
see example.com, please | see example dot com, please
http://localhost:7860/a?b=1 | localhost colon seven eight six zero slash a question mark b equals one
open main.py | open main dot P Y
report_2024.pdf | report underscore twenty twenty four dot P D F
data.json | data dot json
follow @jane_doe | follow at jane underscore doe
#HappyNewYear | hashtag Happy New Year
# units
9.8 m/s² | nine point eight meters per second squared
5 GB/s | five gigabytes per second
3L | three liters
20°C | twenty degrees Celsius
72°F | seventy two degrees Fahrenheit
60 km/h | sixty kilometers per hour
1 km | one kilometer
1.5 kWh | one point five kilowatt hours
2 m³ | two cubic meters
50 m² | fifty square meters
1,000 kg/m³ | one thousand kilograms per cubic meter
5'10" | five feet ten inches
6 ft 2 in. | six feet two inches.
100 Mbps | one hundred megabits per second
500 mAh | five hundred milliampere hours
5 mg/dL | five milligrams per deciliter
25 μm | twenty five micrometers
220V at 50Hz | two hundred twenty volts at fifty hertz
a 10-km run | a ten kilometer run
101.3 kPa | one hundred one point three kilopascals
6 L/100km | six liters per one hundred kilometers
8 oz. of milk | eight ounces of milk
-40°C | minus forty degrees Celsius
20–25°C | twenty to twenty five degrees Celsius
45° angle | forty five degrees angle
# fractions
1/2 | one half
3/4 cup | three quarters cup
2/3 of it | two thirds of it
½ an hour | one half an hour
2½ hours | two and a half hours
1 3/4 inches | one and three quarters inches
5/8 | five eighths
1/100 | one hundredth
9/11 | nine eleven
24/7 | twenty four seven
rated 8/10 | rated eight out of ten
# Roman numerals
Henry VIII | Henry the eighth
Elizabeth II's reign | Elizabeth the second's reign
Louis XIV | Louis the fourteenth
World War II | World War two
World War I ended | World War one ended
Chapter IV | Chapter four
Part III | Part three
Rocky IV | Rocky four
Act V | Act five
Super Bowl LVIII | Super Bowl fifty eight
I MIX a CD | I MIX a CD
John Paul II | John Paul the second
Malcolm X | Malcolm X
# abbreviations
Dr. Smith met Mr. Jones | doctor Smith met mister Jones
12 Main St. | twelve Main Street.
in St. Louis | in Saint Louis
5 Oak St., Boston | five Oak Street, Boston
221B Baker St. is old | two hundred twenty one B Baker Street is old
7 Elm Dr. | seven Elm Drive.
3 Park Ave. | three Park Avenue.
No. 5 | number five
red vs. blue | red versus blue
e.g. this, i.e. that | for example, this, that is, that
and so on, etc. | and so on, et cetera.
approx. 5 miles | approximately five miles
see Fig. 3 and pp. 5-7 | see figure three and pages five to seven
the U.S. and the U.K. | the U S and the U K.
Acme Inc. | Acme incorporated.
a Ph.D. student | a P H D student
w/o sugar | without sugar
# mathematics
5 - 3 = 2 | five minus three equals two
5-3=2 | five minus three equals two
23*5 | twenty three times five
2 + 2 = 4 | two plus two equals four
2^10 | two to the power of ten
10⁻³ | ten to the power of minus three
x² | x squared
3 × 4 = 12 | three times four equals twelve
10 ÷ 2 | ten divided by two
x ≤ 5 | x is less than or equal to five
y ≥ 2 | y is greater than or equal to two
π ≈ 3.14 | pi approximately equals three point one four
√16 | the square root of sixteen
3 < 5 | three is less than five
6.02×10^23 | six point zero two times ten to the power of twenty three
1e-5 | one times ten to the power of minus five
1920×1080 | nineteen twenty by ten eighty
3 x 4 m | three by four meters
10/2 = 5 | ten divided by two equals five
x - 3 = 2 | x minus three equals two
# signs in running text
R&D | R and D
salt & pepper | salt and pepper
meet @ 5 | meet at five
#1 | number one
and/or | and or
he/she | he or she
~5 km | about five kilometers
C++ and C# | C plus plus and C sharp
100% sure | one hundred percent sure
18+ | eighteen plus
# letters and digits
GPT-4 | GPT four
iPhone 15 | iPhone fifteen
MP3 and B2B | MP three and B two B
5G | five G
COVID-19 | COVID nineteen
H₂O | H two O
A320 | A three twenty
10k people | ten thousand people
5M users | five million users
1080p | ten eighty P
"""
LINES = [tuple(line.split(" | ")) for line in READINGS.strip().splitlines() if not line.startswith("# ")]


@pytest.mark.parametrize(("written", "said"), LINES)
def test_english_is_said_as_an_announcer_would(written: str, said: str) -> None:
    assert text_normalization.write_out(text_normalization.clean(written)[0], "en") == said


@pytest.mark.parametrize(("written", "said"), LINES)
def test_a_reading_reads_as_itself(written: str, said: str) -> None:
    read = reading.read(written)
    again = reading.read(read.text)
    assert again.text == read.text and again.dropped == ""


def test_there_are_enough_lines() -> None:
    assert len(LINES) >= 150

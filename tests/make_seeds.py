"""Make the seeds that are no plain text: ``python tests/make_seeds.py [FOLDER]``.

The same bytes come out every time.
"""

import sys
from pathlib import Path

from making import make_csv, make_docx, make_eml, make_epub, make_odt, make_pdf, write

DESK = "The foreign desk"

PLANES = [
    ("text", "10 February 2025"),
    (
        "text",
        "Air Force One is not the name of an aeroplane. It is a call sign, and any aircraft of the "
        "United States Air Force answers to it while the president is on board. Most people, "
        "though, mean the two big Boeing jets in blue and white.",
    ),
    ("heading", "How the call sign came about"),
    (
        "text",
        "In 1953 the plane of President Dwight D. Eisenhower flew through the same piece of sky "
        "as an airliner of Eastern Air Lines, and the two had almost the same flight number. "
        "Controllers were confused for a moment. To prevent it from happening again, the "
        "president's aircraft was given a call sign that nobody else may use.",
    ),
    ("heading", "The first flights"),
    (
        "text",
        "Franklin D. Roosevelt was the first president to fly while in office. In January 1943 a "
        "Boeing 314 flying boat, the Dixie Clipper, took him across the Atlantic on the way to the "
        "conference at Casablanca. Two years later he had an aircraft made for him, a Douglas C-54 "
        "with a lift for his wheelchair. Reporters named it the Sacred Cow. Roosevelt used it only "
        "once, for the journey to Yalta in February 1945.",
    ),
    (
        "table",
        [
            ["Aircraft", "Type", "First president to use it"],
            ["Sacred Cow", "Douglas C-54", "Franklin D. Roosevelt"],
            ["Independence", "Douglas DC-6", "Harry S. Truman"],
            ["Columbine II", "Lockheed Constellation", "Dwight D. Eisenhower"],
            ["SAM 26000", "Boeing 707", "John F. Kennedy"],
            ["SAM 28000", "Boeing 747", "George H. W. Bush"],
        ],
    ),
    ("heading", "Blue and white"),
    (
        "text",
        "The colours date from 1962. They were chosen by Raymond Loewy, an industrial designer "
        "born in Paris, together with John F. Kennedy and his wife. The aircraft on which they "
        "were first seen was a Boeing 707 with the tail number 26000.",
    ),
    (
        "text",
        "That machine has a sad place in history. On 22 November 1963 it carried Kennedy's body "
        "home from Dallas. Before it took off, Lyndon B. Johnson was sworn in as president in its "
        "crowded cabin by Sarah T. Hughes, a federal judge from Texas, with Jacqueline Kennedy at "
        "his side. Today the aircraft stands in the National Museum of the United States Air Force "
        "near Dayton, Ohio.",
    ),
    ("heading", "The two jumbo jets"),
    (
        "text",
        "The present pair are Boeing 747-200B aircraft, which the Air Force calls VC-25A. The "
        "first of them came into service in 1990, when George H. W. Bush was president. They can "
        "be refuelled in the air. On board are an office, a conference room and a room that can be "
        "used for medical operations. Their successors are built on the basis of the longer "
        "747-8.",
    ),
    (
        "text",
        "When the president goes by helicopter, the call sign is Marine One, for it is the Marine "
        "Corps that flies him. An aircraft with the vice president on board is Air Force Two.",
    ),
    (
        "text",
        "Where these facts stand: National Museum of the United States Air Force; White House "
        "Historical Association; Boeing, company history.",
    ),
]

EMBASSIES = [
    ("text", "Explainer, 11 February 2025"),
    (
        "text",
        "What an ambassador may do, and what must not be done to him, is laid down in the Vienna "
        "Convention on Diplomatic Relations. It was signed on 18 April 1961 in the Austrian "
        "capital and has been in force since 24 April 1964. Almost every state on earth has "
        "joined it. The text has 53 articles, most of them short.",
    ),
    ("heading", "The articles that make news"),
    (
        "table",
        [
            ["Article", "What it says"],
            ["9", "a host may declare a diplomat persona non grata without giving a reason"],
            ["22", "the premises of a mission are inviolable"],
            ["27", "the diplomatic bag may be neither opened nor detained"],
            ["29", "a diplomat may not be arrested"],
            ["41", "diplomats must respect the laws of the country they live in"],
        ],
    ),
    ("heading", "Whose ground is it?"),
    (
        "text",
        "An embassy is not foreign soil, whatever films may say. The ground remains that of the "
        "host country. But the police may enter only if the head of the mission allows it, and the "
        "host has to protect the building against intruders.",
    ),
    ("heading", "The bag"),
    (
        "text",
        "The diplomatic bag need not be a bag. It may be a letter, a crate or a whole container, "
        "as long as it bears visible marks of what it is. Only documents and things meant for "
        "official use may be put into it. The courier who travels with it is protected from "
        "arrest.",
    ),
    ("heading", "Sent home"),
    (
        "text",
        "The sharpest weapon in daily use is Article 9. The sending state must then recall the "
        "person or end his work. If it does not do so within a reasonable time, the host may "
        "refuse to treat him as a diplomat any longer. As a rule the other side answers in kind.",
    ),
    ("heading", "Presents and parking"),
    (
        "text",
        "Goods for the official use of a mission may be brought in free of customs duty under "
        "Article 36, cars among them. Parking fines are another matter: they are owed, but no "
        "bailiff can collect them.",
    ),
    ("heading", "How a posting begins"),
    (
        "text",
        "Before an ambassador is named, the host is asked in private whether it will accept him; "
        "its consent is called agrément. On arrival he hands his letters of credence to the head "
        "of state. The order in which ambassadors did so decides who walks first at ceremonies, "
        "so that the one who has served longest in a capital is its dean, or doyen.",
    ),
    (
        "text",
        "Where these facts stand: Vienna Convention on Diplomatic Relations, 1961, United Nations "
        "Treaty Collection.",
    ),
]

HOTLINE = [
    ("text", "Background, 12 February 2025"),
    (
        "text",
        "There never was a red telephone. The direct line between the Kremlin and the White House "
        "began as a teleprinter link, and nobody has ever spoken on it.",
    ),
    ("heading", "After the missiles"),
    (
        "text",
        "In the Cuban missile crisis of October 1962 messages between John F. Kennedy and Nikita "
        "Khrushchev took many hours to be sent, put into code, translated and read. Both sides "
        "were frightened by that. On 20 June 1963 their delegates in Geneva signed a memorandum on "
        "a direct communications link, and the line was opened on 30 August of that year.",
    ),
    (
        "text",
        "The main cable ran from Washington to London and on through Copenhagen, Stockholm and "
        "Helsinki to Moscow. A radio link by way of Tangier served as a reserve. Each side writes "
        "in its own language and leaves the translation to the other, because a written text is "
        "harder to misunderstand than a voice.",
    ),
    ("heading", "What was sent"),
    (
        "text",
        "The first test message from Washington was a sentence that uses every letter of the "
        "English alphabet: the quick brown fox jumped over the lazy dog's back 1234567890. Since "
        "then the line has been tested day and night.",
    ),
    (
        "text",
        "It was used in earnest for the first time in June 1967, during the Six-Day War between "
        "Israel and its neighbours. Each side told the other where its warships in the "
        "Mediterranean were heading.",
    ),
    ("heading", "Later technology"),
    (
        "text",
        "Satellites took over from the cable in 1978. Facsimile machines were added in the 1980s, "
        "so that maps and photographs could be sent as well. Electronic mail came in 2008.",
    ),
    ("heading", "The other line"),
    (
        "text",
        "The two Koreas have telephones of their own at Panmunjom. The first was installed in "
        "September 1971 by their Red Cross societies. The North has stopped answering again and "
        "again. It cut all lines in June 2020, out of anger at leaflets that activists had floated "
        "over the border on balloons; it picked up once more on 27 July 2021, and since April 2023 "
        "it has been silent. The duty officers in the South used to call twice a day, at nine in "
        "the morning and at five in the afternoon.",
    ),
    (
        "text",
        "Where these facts stand: United States Department of State, text of the memorandum of "
        "1963; South Korea's Ministry of Unification; reports of Yonhap.",
    ),
]

RAILWAY = [
    ("heading", "The longest line"),
    (
        "text",
        "The Trans-Siberian is the longest railway line in the world. It begins at Yaroslavsky "
        "station in Moscow and ends in Vladivostok, 9,288 kilometres further east. Between the two "
        "lie seven hours of difference in local time.",
    ),
    (
        "text",
        "The express number 2, the Rossiya, needs about a week for the journey. For a long time "
        "all clocks in the stations and all timetables showed the time of Moscow, wherever the "
        "train was. Since August 2018 local time has been used.",
    ),
    ("heading", "How it was built"),
    (
        "text",
        "The heir to the throne, Nicholas, laid the foundation stone in Vladivostok in May 1891, "
        "on his way home from Japan, where a policeman had wounded him with a sabre. The driving "
        "force was Sergei Witte, minister of finance from 1892 to 1903. To get on quickly, the "
        "track was begun from both ends.",
    ),
    (
        "text",
        "Lake Baikal was the hardest piece. Until the line around its southern shore was ready, in "
        "the middle of the war with Japan, trains were taken across by ship. The ferry Baikal was "
        "an icebreaker built by Armstrong Whitworth in Newcastle upon Tyne, shipped in pieces and "
        "put together on the shore.",
    ),
    (
        "text",
        "At first the shortest way to Vladivostok led through Manchuria, over Chinese ground. The "
        "line on Russian soil alone was completed in 1916 with the bridge over the Amur at "
        "Khabarovsk. Electric trains have been able to run the whole way since 2002.",
    ),
    ("heading", "Branches to the south"),
    (
        "text",
        "Two branches lead to Beijing, one through Mongolia and one through Manchuria. A third "
        "turns off near Ussuriysk, in the far east, and runs to Khasan, the last station before "
        "North Korea. There a bridge over the river Tumen, called the Friendship Bridge, has "
        "carried trains across the border since 1959.",
    ),
    (
        "text",
        "In 2001, after the visit of Kim Jong Il, Moscow and Pyongyang talked of joining the "
        "Trans-Siberian to the railways of both Koreas. In September 2013 the piece from Khasan to "
        "the North Korean port of Rajin, 54 kilometres long, was opened again after repair, with "
        "four rails side by side so that trains of both gauges can use it.",
    ),
    (
        "text",
        "Where these facts stand: Russian Railways, company history; Encyclopaedia Britannica, "
        '"Trans-Siberian Railroad"; reports of Reuters and RIA Novosti.',
    ),
]

NAMES = [
    ("text", "Dear colleagues,"),
    (
        "text",
        "three letters from readers this week complain about Korean names, so here are the rules "
        "of the house once more.",
    ),
    (
        "text",
        "The family name comes first. Kim Jong Un is Mr Kim, never Mr Un. Moon Jae-in is Mr Moon. "
        "Exceptions are people who have chosen the western order themselves, such as Syngman Rhee, "
        "the first president of South Korea.",
    ),
    (
        "text",
        "For people from the North we write the given name as two words: Kim Yo Jong. For people "
        "from the South we join the two syllables with a hyphen: Yoon Suk-yeol. The agencies do "
        "not agree on this, and in a quotation from a dispatch we leave the spelling alone.",
    ),
    (
        "text",
        "Kim is the most common family name in Korea; about one Korean in five bears it. Lee and "
        "Park follow. Two Kims in one story need not be related, so give the full name when in "
        "doubt. A woman keeps her own family name when she marries.",
    ),
    (
        "text",
        "South Korea changed its official spelling in the year 2000. Since then the port in the "
        "south east has been Busan, not Pusan. The North does not use the new system: it is still "
        "Pyongyang and Kaesong.",
    ),
    (
        "text",
        "Where these facts stand: the National Institute of Korean Language in Seoul; Statistics "
        "Korea, census of 2015.",
    ),
]

CARS = [
    ["title", "text", "continent"],
    [
        "Japan: Toyota Century Royal",
        "The emperor of Japan is driven in a Toyota Century Royal, a long limousine that Toyota "
        "built for the imperial household alone. The step at the rear door is made of granite, and "
        "the roof inside is lined with Japanese paper.",
        "Asia",
    ],
    [
        "Italy: Lancia Flaminia 335",
        "The president of Italy drives to the parade of 2 June in an open Lancia Flaminia 335 with "
        "a body by Pininfarina. The cars were ordered for the visit of Elizabeth II in 1961.",
        "Europe",
    ],
    [
        "Brazil: Rolls-Royce Silver Wraith",
        "On the day he takes office, the president of Brazil rides through Brasília in an open "
        "Rolls-Royce Silver Wraith. The car dates from the days of Getúlio Vargas.",
        "South America",
    ],
    [
        "France: DS 7 Crossback",
        "On 14 May 2017, the day he took office, Emmanuel Macron stood in the open roof of a DS 7 "
        "Crossback and waved to the crowds on the Champs-Élysées.",
        "Europe",
    ],
    [
        "India: Hindustan Ambassador",
        "For decades India's prime ministers sat in a white Hindustan Ambassador, a car "
        "that went back to the British Morris Oxford. The last one left the works at Uttarpara, "
        "near Kolkata, in 2014.",
        "Asia",
    ],
    [
        "Monaco: Lexus LS 600h L Landaulet",
        "After his wedding in July 2011 Albert II of Monaco and his bride, Charlene, drove through "
        "the principality in a Lexus hybrid whose roof over the rear seats was one clear shell.",
        "Europe",
    ],
    [
        "Sources",
        "Where these facts stand: the Imperial Household Agency; the Quirinal Palace; Agência "
        "Brasil; DS Automobiles; Encyclopaedia Britannica; Toyota press archive.",
        "",
    ],
]


def make_seeds(folder):
    """Write the seeds into a folder and return their paths."""
    made = {
        "air-force-one.pdf": make_pdf(
            PLANES, title="Air Force One and its forerunners", author=DESK, furniture="Desk files"
        ),
        "embassies.docx": make_docx(
            EMBASSIES,
            title="Embassies and the law: a short guide",
            author=DESK,
            furniture="For internal use",
        ),
        "hotline.odt": make_odt(
            HOTLINE, title="The hotline without a telephone", author=DESK, furniture="Desk files"
        ),
        "trans-siberian.epub": make_epub(
            RAILWAY, title="The Trans-Siberian railway", author=DESK, furniture="Contents"
        ),
        "korean-names.eml": make_eml(
            NAMES,
            title="Korean names: the rules once more",
            author=DESK,
            furniture="Foreign desk, third floor",
        ),
        "more-state-cars.csv": make_csv(CARS),
    }
    return [write(folder, name, data) for name, data in made.items()]


if __name__ == "__main__":
    for path in make_seeds(Path(*sys.argv[1:2] or ["seeds"])):
        print(path, path.stat().st_size)

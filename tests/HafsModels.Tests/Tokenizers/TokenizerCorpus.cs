using System.Text;

namespace HafsModels.Tests.Tokenizers;

/// <summary>
/// More than 2 MB of text that tokenizers stumble over, the same in every run: many scripts, code, white space, emoji, special tokens, long
/// runs, and every code point of the first two planes. <see cref="Plain"/> has only characters that all Unicode versions agree on.
/// </summary>
internal static class TokenizerCorpus
{
    private static readonly string[] Scripts =
    [
        "the quick brown fox jumps over lazy dog don't we're I'll THEY'VE it'S x'D HTTPServer camelCase snake_case",
        "Straße größer Übermäßig fröhlich Donaudampfschifffahrt",
        "œuvre garçon déjà vu l'été aujourd'hui",
        "İstanbul ışık ĞÜŞÖÇ",
        "Привет мир ёлка съешь ещё",
        "Καλημέρα κόσμε ΟΔΥΣΣΕΥΣ",
        "שלום עולם כָּבוֹד",
        "مرحبا بالعالم اَلْعَرَبِيَّةُ ١٢٣٤",
        "नमस्ते दुनिया क्षत्रिय १२३",
        "বাংলা ভাষা",
        "สวัสดีชาวโลก กำลัง",
        "កាន់តែពិសេសអាច",
        "我想在北京工作 你好，世界！",
        "こんにちは世界 カタカナ ﾊﾝｶｸ が か\u3099",
        "안녕하세요 세계 각 \u1100\u1161\u11a8",
        "Tiếng Việt được viết",
        "საქართველო",
        "አማርኛ",
        "தமிழ் மொழி",
        "𐌰𐌱𐌲 𐍈",
        "𝒜𝓑𝔠 𝟘𝟙𝟚 ∑∫√≠",
        "𠀀𠀁𪚥 㐀",
        "🚀 👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽 ✅😶‍🌫️ 🇩🇪 #️⃣",
        "e\u0301 A\u030a\u0301 d\u0323\u0307 q\u0307\u0323 \u212b \u2126",
        "€£¥ © ® ™ … — – “q” ‘q’ «x» ½ ² Ⅷ ① ㊿",
        "for(int i=0;i<10;++i){a[i]+=x->y::z;}//c\n\tdef f(x): return {\"k\":[1,2.5e-3]}  # ok\n<div class=\"a\">&nbsp;</div>",
        "<|im_start|>user\n<|im_end|> <s> </s> <unk> <bos><eos> <start_of_turn> <|endoftext|><|begin_of_text|> <tool_call> <think> [multimodal] <0x0A> <pad>",
    ];

    private static readonly string[] Spaces =
    [
        " ", "  ", "   ", "\n", "\n\n", " \n", "\t", "\r\n", "\u00a0", "\u3000", "\u2009", "\u200b", "\u0085", "\ufeff", "     ", "\n \n ", "\r", "\u2028", "\v", "\f", "",
    ];

    /// <summary>Documents of characters that are old enough for every Unicode table: 2 MB.</summary>
    public static IReadOnlyList<string> Plain { get; } = [.. Prose(), .. Mixed(700, 12_345), .. Runs()];

    /// <summary>Documents of any code points: 1.2 MB.</summary>
    public static IReadOnlyList<string> Wild { get; } = [.. Random(300, 54_321), .. EveryCodePoint()];

    /// <summary>All documents.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Plain, .. Wild];

    private static IEnumerable<string> Prose()
    {
        string text = File.ReadAllText(Repository.PathOf("tests", "models", "val.txt"));
        for (int at = 0; at < text.Length; at += 4000)
            yield return text.Substring(at, Math.Min(4000, text.Length - at));
    }

    private static IEnumerable<string> Mixed(int count, uint seed)
    {
        var draw = new Draw(seed);
        for (int document = 0; document < count; document++)
        {
            var text = new StringBuilder();
            int words = 40 + draw.Below(360);
            for (int i = 0; i < words; i++)
            {
                string script = Scripts[draw.Below(Scripts.Length)];
                string[] choices = script.Split(' ');
                text.Append(choices[draw.Below(choices.Length)]).Append(draw.Below(3) > 0 ? " " : Spaces[draw.Below(Spaces.Length)]);
                if (draw.Below(12) == 0)
                    text.Append(draw.Below(1_000_000_000) % (int)Math.Pow(10, 1 + draw.Below(9)));
                if (draw.Below(10) == 0)
                    text.Append(script);
            }

            yield return text.ToString();
        }
    }

    private static IEnumerable<string> Random(int count, uint seed)
    {
        int[] limits = [0x80, 0x800, 0x3000, 0x10000, 0x20000, 0x110000];
        var draw = new Draw(seed);
        for (int document = 0; document < count; document++)
        {
            var text = new StringBuilder();
            int length = 50 + draw.Below(400);
            for (int i = 0; i < length; i++)
            {
                int code = draw.Below(limits[draw.Below(limits.Length)]);
                text.Append(Rune.IsValid(code) && code > 0 ? new Rune(code).ToString() : " ");
                if (draw.Below(4) == 0)
                    text.Append(Spaces[draw.Below(Spaces.Length)]);
            }

            yield return text.ToString();
        }
    }

    private static IEnumerable<string> EveryCodePoint()
    {
        for (int start = 0; start < 0x20000; start += 0x200)
        {
            string[] characters = [.. Enumerable.Range(start, 0x200).Where(code => code > 0 && Rune.IsValid(code)).Select(code => new Rune(code).ToString())];
            yield return string.Concat(characters);
            yield return string.Join(" a", characters);
        }
    }

    private static IEnumerable<string> Runs()
    {
        (string Text, int Times)[] runs =
        [
            ("a", 3000), (" ", 2000), ("\n", 1500), (" \n", 700), ("ab", 1500), ("1", 2000), ("!", 2000), ("中", 1000), ("🚀", 800), ("\t", 900), ("A", 2000),
            ("aA", 900), ("'s", 500), ("é", 500), (" a", 1000), ("\u0301", 300), ("▁", 400), ("\r\n", 600), ("<|im_end|>", 100), ("a\u0323\u0301", 400),
        ];
        foreach ((string text, int times) in runs)
            yield return new StringBuilder().Insert(0, text, times).ToString();
        foreach (string text in new[] { "", " ", "'ſ 'S's 'ſx", "▁▁a ▁b", " ▁ ", "<0x41>", "<|im_start|", "<|<|im_end|>|>", "a" + new string('\u0301', 300) + new string('\u0323', 30) })
            yield return text;
    }

    /// <summary>A linear congruential generator, so that the corpus depends on nothing but this file.</summary>
    private sealed class Draw(uint seed)
    {
        public int Below(int limit)
        {
            seed = unchecked((seed * 1_664_525) + 1_013_904_223);
            return (int)((ulong)seed * (ulong)limit >> 32);
        }
    }
}

namespace HafsModels.Tokenizers.PreTokenizers;

/// <summary>A text cut into pieces, on its way through the steps of a pre-tokenizer. A step cuts pieces further or rewrites them.</summary>
internal sealed class Pieces
{
    private List<(int Start, int End)> ranges;
    private List<(int Start, int End)> spare = [];

    /// <param name="text">The text, one piece at first.</param>
    /// <param name="startsInput">Whether the text stands at the very start of the input.</param>
    public Pieces(string text, bool startsInput)
    {
        Text = text;
        StartsInput = startsInput;
        ranges = [(0, text.Length)];
    }

    /// <summary>The text the pieces are cut from.</summary>
    public string Text { get; private set; }

    /// <summary>Whether the first piece stands at the very start of the input.</summary>
    public bool StartsInput { get; }

    /// <summary>Start and end of each piece, in order.</summary>
    public IReadOnlyList<(int Start, int End)> Ranges => ranges;

    public ReadOnlySpan<char> this[int index] => Text.AsSpan(ranges[index].Start, ranges[index].End - ranges[index].Start);

    /// <summary>Cuts every piece: <paramref name="cut"/> gets a piece and calls back with the parts to keep, relative to it.</summary>
    public void Cut(PieceCutter cut)
    {
        spare.Clear();
        int offset = 0;
        void Keep(int start, int end)
        {
            if (end > start)
                spare.Add((offset + start, offset + end));
        }

        Action<int, int> keep = Keep;
        foreach ((int start, int end) in ranges)
        {
            offset = start;
            cut(Text.AsSpan(start, end - start), keep);
        }

        (ranges, spare) = (spare, ranges);
    }

    /// <summary>Rewrites every piece.</summary>
    /// <param name="rewrite">Gets a piece and whether it stands at the start of the input.</param>
    public void Rewrite(Func<string, bool, string> rewrite)
    {
        var result = new System.Text.StringBuilder(Text.Length + ranges.Count);
        spare.Clear();
        for (int i = 0; i < ranges.Count; i++)
        {
            int start = result.Length;
            result.Append(rewrite(Text[ranges[i].Start..ranges[i].End], StartsInput && i == 0 && ranges[0].Start == 0));
            if (result.Length > start)
                spare.Add((start, result.Length));
        }

        Text = result.ToString();
        (ranges, spare) = (spare, ranges);
    }
}

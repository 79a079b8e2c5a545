namespace HafsModels.Tokenizers.Templates;

/// <summary>A text by characters, as Python counts them: a surrogate pair is one.</summary>
internal readonly struct TemplateRunes
{
    private readonly string text;

    /// <summary>Where each character begins, and the end; null where all are one code unit long.</summary>
    private readonly List<int>? starts;

    private TemplateRunes(string text, List<int>? starts) => (this.text, this.starts) = (text, starts);

    public int Count => starts is null ? text.Length : starts.Count - 1;

    public static TemplateRunes Of(string text, TemplateWork work)
    {
        work.SpendText(text.Length);
        if (text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0)
            return new TemplateRunes(text, null);
        var starts = new List<int>(text.Length + 1);
        for (int i = 0; i < text.Length; i += char.IsSurrogatePair(text, i) ? 2 : 1)
            starts.Add(i);
        starts.Add(text.Length);
        return new TemplateRunes(text, starts);
    }

    /// <summary>The characters from one to before another.</summary>
    public string Take(int from, int to) => starts is null ? text[from..to] : text[starts[from]..starts[to]];
}

using System.Collections;

namespace HafsModels.Tokenizers.Templates;

/// <summary>
/// What carrying out a template has cost, and where in the template it is. A step is a statement, an expression, a turn of a loop, a parameter of a
/// macro that is called, 64 characters or items that are read, or 8 items that are put in a list, so the bound holds for time and for memory.
/// </summary>
internal sealed class TemplateWork
{
    /// <summary>The most characters a text may have.</summary>
    public const int MaximumText = 16 << 20;

    private const long MaximumSteps = 4_000_000;
    private const int ReadPerStep = 64;
    private const int ItemsPerStep = 8;
    private const int MaximumItems = 1_000_000;

    private long steps;

    /// <summary>The part that is carried out.</summary>
    public TemplatePlace Place { get; private set; }

    /// <summary>Goes on to a part of the template; parts without a place belong to the one before them.</summary>
    public TemplateWork At(TemplatePlace place)
    {
        Place = place.Line > 0 ? place : Place;
        return this;
    }

    /// <exception cref="HafsException">The template has cost too much.</exception>
    public void Spend(long more)
    {
        steps += more;
        if (steps > MaximumSteps)
            throw TemplateErrors.TooMuch($"more than {MaximumSteps:N0} steps");
    }

    /// <summary>Spends what reading or making a text costs.</summary>
    /// <param name="length">Characters.</param>
    /// <exception cref="HafsException">The text is too long or the template has cost too much.</exception>
    public void SpendText(long length)
    {
        if (length > MaximumText)
            throw TemplateErrors.TooMuch($"a text has more than {MaximumText:N0} characters");
        Spend(length / ReadPerStep);
    }

    /// <summary>Spends what making a list costs.</summary>
    /// <exception cref="HafsException">The list is too long or the template has cost too much.</exception>
    public void SpendItems(long count)
    {
        if (count > MaximumItems)
            throw TemplateErrors.TooMuch($"a list has more than {MaximumItems:N0} items");
        Spend(count / ItemsPerStep);
    }

    /// <summary>Spends what going through a value costs; what a list holds is not gone into.</summary>
    public object? SpendOn(object? value)
    {
        if (value is string text)
            SpendText(text.Length);
        else if (value is ICollection items)
            Spend(items.Count / ReadPerStep);
        return value;
    }
}

using System.Globalization;

namespace HafsModels.Tokenizers.Patterns;

/// <summary>The two-letter names of Unicode's general categories.</summary>
internal static class Categories
{
    /// <summary>In the order of <see cref="UnicodeCategory"/>.</summary>
    private static readonly string[] Names =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc",
        "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    /// <summary>One bit for each category of a name (<c>L</c> has five); 0 for an unknown name.</summary>
    public static uint Mask(string name)
    {
        uint mask = 0;
        for (int i = 0; i < Names.Length; i++)
        {
            if (Names[i] == name || (name.Length == 1 && Names[i].StartsWith(name, StringComparison.Ordinal)))
                mask |= 1u << i;
        }

        return mask;
    }
}

namespace HafsModels.Tokenizers.Templates;

/// <summary>The value of a variable or member that is not there: false, empty, shown as nothing.</summary>
internal sealed class Undefined
{
    private Undefined()
    {
    }

    public static Undefined Value { get; } = new();
}

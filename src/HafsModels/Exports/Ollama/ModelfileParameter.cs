using System.Globalization;

namespace HafsModels.Exports.Ollama;

/// <summary>A parameter that Ollama knows, with the kind of its value.</summary>
/// <param name="Name">Its name in a Modelfile.</param>
/// <param name="Kind">What its value must be.</param>
public sealed record ModelfileParameter(string Name, ModelfileParameterKind Kind)
{
    /// <summary>The parameters, as Ollama's API documentation lists them.</summary>
    public static IReadOnlyList<ModelfileParameter> All { get; } =
    [
        new("num_ctx", ModelfileParameterKind.WholeNumber),
        new("num_predict", ModelfileParameterKind.WholeNumber),
        new("num_keep", ModelfileParameterKind.WholeNumber),
        new("num_batch", ModelfileParameterKind.WholeNumber),
        new("num_gpu", ModelfileParameterKind.WholeNumber),
        new("main_gpu", ModelfileParameterKind.WholeNumber),
        new("num_thread", ModelfileParameterKind.WholeNumber),
        new("seed", ModelfileParameterKind.WholeNumber),
        new("top_k", ModelfileParameterKind.WholeNumber),
        new("repeat_last_n", ModelfileParameterKind.WholeNumber),
        new("temperature", ModelfileParameterKind.Number),
        new("top_p", ModelfileParameterKind.Number),
        new("min_p", ModelfileParameterKind.Number),
        new("typical_p", ModelfileParameterKind.Number),
        new("repeat_penalty", ModelfileParameterKind.Number),
        new("presence_penalty", ModelfileParameterKind.Number),
        new("frequency_penalty", ModelfileParameterKind.Number),
        new("use_mmap", ModelfileParameterKind.Boolean),
        new("stop", ModelfileParameterKind.Text),
    ];

    /// <summary>What is wrong with a parameter's value, or null.</summary>
    public static string? Check(string name, string value)
    {
        if (All.FirstOrDefault(p => p.Name == name) is not { } parameter)
            return $"'{name}' is no parameter that Ollama knows";
        bool fits = parameter.Kind switch
        {
            ModelfileParameterKind.WholeNumber => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
            ModelfileParameterKind.Number => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number),
            ModelfileParameterKind.Boolean => value is "true" or "false" or "1" or "0",
            _ => true,
        };
        return fits ? null : $"{name} must be {(parameter.Kind == ModelfileParameterKind.WholeNumber ? "an integer" : $"a {parameter.Kind.ToString().ToLowerInvariant()}")}, not '{value}'";
    }
}

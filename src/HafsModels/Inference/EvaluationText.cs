using System.Reflection;

namespace HafsModels.Inference;

/// <summary>The built-in text on which models are compared: public-domain prose of four centuries, questions and answers, code.</summary>
internal static class EvaluationText
{
    /// <summary>Reads it.</summary>
    public static string Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("inference/evaluation.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

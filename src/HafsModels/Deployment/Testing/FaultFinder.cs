using System.Globalization;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Inference;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment.Testing;

/// <summary>
/// Looks for what is wrong with a file whose answers are not the source's: compares what it says and holds with what a conversion of the source would say
/// and hold. A guess with evidence, made only after the answers failed.
/// </summary>
internal static class FaultFinder
{
    private const int MostCauses = 4;
    private const double Noise = 0.35;
    private static readonly string[] First = ["token_embd.weight", "output_norm.weight", "output.weight", "blk.0."];

    /// <summary>Why a file cannot be opened, or null.</summary>
    public static string? Damage(string path)
    {
        try
        {
            GgufSet.Open(path).Dispose();
            return null;
        }
        catch (HafsException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Likely causes, most telling first; empty where none is found or the file is not here.</summary>
    public static IReadOnlyList<string> Find(ModelSource from, TextGenerator source, string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            return [];
        if (Damage(path) is { } damage)
            return [damage];
        try
        {
            using GgufSet file = GgufSet.Open(path);
            var causes = new List<string>();
            causes.AddRange(Template(file, source.Vocabulary));
            if (Directory.Exists(from.Path))
            {
                using ModelFolder folder = ModelFolder.Open(from);
                ExportPlan plan = GgufExport.Plan(folder, source.Vocabulary, new QuantizationOptions(Recipes.Get("F32")), new GgufExportOptions { Name = "source" });
                causes.AddRange(Tensors(file, plan, folder.Decoder, cancellationToken));
            }

            return [.. causes.Take(MostCauses)];
        }
        catch (HafsException exception)
        {
            // The search is a service; what failed stays what failed.
            return [$"not found: {exception.Message}"];
        }
    }

    private static IEnumerable<string> Tokens(GgufSet file, Vocabulary source)
    {
        if (file.Find("tokenizer.ggml.tokens")?.Value is not string[] theirs)
            yield break;
        IReadOnlyList<string> ours = source.Tokens;
        int[] different = [.. Enumerable.Range(0, Math.Min(ours.Count, theirs.Length)).Where(i => ours[i] != theirs[i])];
        if (different.Length == 0)
            yield break;
        int id = different[0], meant = theirs.AsSpan().IndexOf(ours[id]);
        yield return $"swapped token ids: the file calls token {id} \"{theirs[id]}\", the source \"{ours[id]}\"{(meant >= 0 ? $", which the file has as {meant}" : "")} ({different.Length} of {ours.Count} ids differ)";
    }

    private static IEnumerable<string> Template(GgufSet file, Vocabulary source)
    {
        string? template = file.Find("tokenizer.chat_template")?.Value as string;
        if (template != source.ChatTemplate)
            yield return template is null ? "the file has no chat template, the source has one" : "the file's chat template is not the source's";
    }

    /// <summary>What a file says of the model's tokens, sizes and traits that contradicts the source, whether or not a prompt shows it; empty where there is nothing to compare.</summary>
    public static IReadOnlyList<string> Contradictions(ModelSource from, Vocabulary vocabulary, string path)
    {
        if (!File.Exists(path) || Damage(path) is not null)
            return [];
        using GgufSet file = GgufSet.Open(path);
        List<string> found = [.. Tokens(file, vocabulary)];
        if (!Directory.Exists(from.Path))
            return found;
        using ModelFolder folder = ModelFolder.Open(from);
        return [.. found, .. Metadata(file, folder)];
    }

    // A key that is left out means its default; how much context is allowed changes no answer within it.
    private static IEnumerable<string> Metadata(GgufSet file, ModelFolder folder)
    {
        foreach ((string key, GgufValue value) in folder.Family.Metadata(folder.Config, folder.Decoder, 0))
        {
            if (key.StartsWith("general.", StringComparison.Ordinal) || key.EndsWith(".context_length", StringComparison.Ordinal) || file.Find(key) is not { } found || Same(value, found))
                continue;
            string what = key.EndsWith("rope.freq_base", StringComparison.Ordinal) ? "wrong rope base: " : "";
            yield return $"{what}the file says {key} = {found}, the source's config means {value}";
        }
    }

    private static bool Same(GgufValue ours, GgufValue theirs)
    {
        if (ours.AsNumber() is { } a && theirs.AsNumber() is { } b)
            return Math.Abs(a - b) <= 1e-5 * Math.Max(Math.Abs(a), Math.Abs(b));
        return ours.ToString() == theirs.ToString();
    }

    private static IEnumerable<string> Tensors(GgufSet file, ExportPlan plan, DecoderConfig decoder, CancellationToken cancellationToken)
    {
        foreach (PlannedTensor expected in plan.Tensors.Where(t => First.Any(t.Name.StartsWith)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (file.Tensors.FirstOrDefault(t => t.Name == expected.Name) is not { } stored)
            {
                yield return $"the file lacks the tensor {expected.Name}";
                continue;
            }

            if (!stored.Tensor.Shape.Equals(expected.Rows.Shape))
            {
                yield return $"{expected.Name} has the shape {stored.Tensor.Shape} in the file and {expected.Rows.Shape} in the source";
                continue;
            }

            if (Compare(expected, stored.Open(), decoder) is { } cause)
                yield return cause;
        }
    }

    private static string? Compare(PlannedTensor expected, TensorRows stored, DecoderConfig decoder)
    {
        // Enough rows for whole heads; all of a vector.
        int rows = (int)Math.Min(expected.Rows.RowCount, Math.Max(1, Math.Min(4096, (32 << 20) / (4L * expected.Rows.RowLength))));
        float[] ours = new float[rows * (long)expected.Rows.RowLength], theirs = new float[ours.Length];
        expected.Rows.Read(0, ours);
        stored.Read(0, theirs);
        double error = RelativeError(ours, theirs);
        if (error < Noise && (expected.Rows.RowCount > 1 || error < 0.01))
            return null;
        if (expected.Name.Contains("norm", StringComparison.Ordinal) && ours.Zip(theirs).All(p => Math.Abs(p.First - p.Second - 1) < 1e-2))
            return $"missing +1 norm: every weight of {expected.Name} is 1 less in the file than the source's family means (the norm computes with 1 + weight)";
        if (expected.Name.Contains("attn_q.", StringComparison.Ordinal) || expected.Name.Contains("attn_k.", StringComparison.Ordinal))
        {
            foreach (bool interleave in (bool[])[true, false])
            {
                if (RelativeError(Permuted(ours, expected.Rows.RowLength, decoder.HeadDimension, interleave), theirs) < Noise)
                    return $"permuted q/k: the rows of {expected.Name} are in the order of the {(interleave ? "interleaved" : "halved")} rotation in the file, and the family wants the other: the permutation was left out or done twice";
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{expected.Name} holds other numbers than the source (relative error {100 * error:0} %)");
    }

    private static float[] Permuted(float[] rows, int length, int head, bool interleave)
    {
        var result = new float[rows.Length];
        for (int row = 0; row < rows.Length / length; row++)
        {
            int start = row / head * head, at = row % head, half = head / 2;
            int from = interleave ? (at % 2 * half) + (at / 2) : at < half ? 2 * at : (2 * (at - half)) + 1;
            if (start + head <= rows.Length / length)
                rows.AsSpan((start + from) * length, length).CopyTo(result.AsSpan(row * length));
        }

        return result;
    }

    private static double RelativeError(ReadOnlySpan<float> ours, ReadOnlySpan<float> theirs)
    {
        double error = 0, sum = 0;
        for (int i = 0; i < ours.Length; i++)
        {
            double difference = (double)ours[i] - theirs[i];
            error += difference * difference;
            sum += (double)ours[i] * ours[i];
        }

        return sum > 0 ? Math.Sqrt(error / sum) : error > 0 ? double.PositiveInfinity : 0;
    }
}

using HafsModels.Conversion;
using HafsModels.Inference;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Measurement;

/// <summary>What a conversion would lose, tensor by tensor; nothing is written.</summary>
public static class QuantizationMeasurement
{
    /// <summary>Encodes every tensor and compares it with its source.</summary>
    /// <param name="job">The conversion.</param>
    /// <param name="request">How it was asked for: threads, text, what to do with numbers that are not finite.</param>
    /// <param name="measureEffect">Also run the model once for each matrix that is quantized, with only that one so, on the evaluation text.</param>
    /// <param name="progress">Told about source bytes, then about runs.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>One error a tensor, in the order of the output.</returns>
    /// <exception cref="HafsException">The source cannot be read, or effects were asked for and the model cannot be run here.</exception>
    public static IReadOnlyList<TensorError> Measure(ConversionJob job, ConvertRequest request, bool measureEffect, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(request);
        TensorError[] errors =
        [
            .. job.Files.SelectMany(file => PlanRunner.Measure(file.Plan, request.Threads, request.AllowNonFinite, progress, cancellationToken))
                .Select(error => error with { Quantization = job.Summary.Quantization }),
        ];
        if (!measureEffect)
            return errors;

        using var effect = new EffectMeasurement(job.Source, new FidelityOptions { Text = request.EvaluationText, Threads = request.Threads }, cancellationToken);
        int[] measured = [.. Enumerable.Range(0, errors.Length).Where(i => errors[i].RelativeError > 0 && RecipeTensors.CanChange(errors[i].Name, errors[i].Shape))];
        for (int i = 0; i < measured.Length; i++)
        {
            TensorError error = errors[measured[i]];
            progress?.Report(new WorkProgress($"Measuring {job.Name} as {error.Quantization}", $"answers with only {error.Name} as {error.Type}", i, measured.Length));
            errors[measured[i]] = error with
            {
                KlDivergence = effect.Divergence(new Dictionary<string, GgmlType> { [error.Name] = error.Type }, job.Quantization.Importance, cancellationToken),
            };
        }

        return errors;
    }
}

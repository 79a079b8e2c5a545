using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Measurement;
using Xunit;

namespace HafsModels.Tests.Measurement;

public sealed class QuantizationMeasurementTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-measure-").FullName;

    [Fact]
    public void Effects_on_a_model_whose_weights_are_damaged_are_refused()
    {
        string damaged = Path.Combine(folder, "nan.gguf");
        var made = new ConvertRequest { Path = Repository.PathOf("tests", "models", "kjv-llama"), Quantization = "F16", OutputPath = damaged, SkipVerification = true };
        new Workbench(Path.Combine(folder, "registry.json")).Convert(made, null, default);
        byte[] bytes = File.ReadAllBytes(damaged);
        bytes.AsSpan(bytes.Length - 200_000, 100_000).Fill(0xFF);
        File.WriteAllBytes(damaged, bytes);

        var request = new ConvertRequest { Path = damaged, Quantization = "Q4_K_M", OutputPath = folder, AllowNonFinite = true };
        using ConversionJob job = ConversionJob.Open(request, new ModelSource(damaged));
        HafsException error = Assert.Throws<HafsException>(() => QuantizationMeasurement.Measure(job, request, measureEffect: true, null, default));
        Assert.Equal(("NonFiniteLogits", damaged), (error.Id, error.Target));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Conversion;

public sealed class TensorErrorTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-errors-").FullName;

    [Fact]
    public void Errors_are_the_same_to_the_last_bit_whatever_the_number_of_threads()
    {
        (ModelFolder model, ExportPlan plan) = Plan("kjv-qwen2", "Q4_K_M");
        using (model)
        {
            string output = Path.Combine(folder, "x.gguf");
            IReadOnlyList<TensorError>[] runs = [.. ((int[])[1, 2, 3, 16]).Select(threads =>
            {
                var errors = new TensorErrors();
                PlanRunner.Run(plan, output, threads, false, errors, null, CancellationToken.None);
                return errors.All();
            })];
            Assert.All(runs, run => Assert.Equal(runs[0], run));
            Assert.Equal(runs[0], PlanRunner.Measure(plan, 5, false, null, CancellationToken.None));
        }
    }

    [Theory]
    [InlineData("Q4_K_M")]
    [InlineData("Q2_K")]
    [InlineData("Q8_0")]
    public void Errors_are_those_of_the_file_that_was_written(string quantization)
    {
        (ModelFolder model, ExportPlan plan) = Plan("kjv-llama", quantization);
        using (model)
        {
            string output = Path.Combine(folder, "x.gguf");
            var errors = new TensorErrors();
            PlanRunner.Run(plan, output, 2, false, errors, null, CancellationToken.None);
            using GgufFile file = GgufFile.Open(output);
            foreach ((TensorError error, PlannedTensor tensor) in errors.All().Zip(plan.Tensors))
            {
                double[] source = Read(tensor.Rows), stored = Read(file.OpenRows(error.Name));
                double[] difference = [.. source.Zip(stored, (a, b) => a - b)];
                double squares = source.Sum(x => x * x), errorSquares = difference.Sum(x => x * x);
                Assert.Equal(source.Length, error.ComparedElements);
                Assert.Equal(Math.Sqrt(errorSquares / source.Length), error.RootMeanSquareError, 1e-12);
                Assert.Equal(Math.Sqrt(errorSquares / squares), error.RelativeError, 1e-9);
                Assert.Equal(difference.Max(Math.Abs), error.MaxError);
                Assert.Equal(source.Zip(stored, (a, b) => a * b).Sum() / Math.Sqrt(squares * stored.Sum(x => x * x)), error.Cosine, 1e-9);
                Assert.Equal(tensor.ByteSize, error.Bytes);
                Assert.Equal(error.RelativeError == 0, source.SequenceEqual(stored));
            }
        }
    }

    [Fact]
    public void A_weighted_error_counts_columns_by_their_importance()
    {
        float[] source = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], decoded = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12], importance = [1, 1, 1, 1, 1, 1, 1, 1, 1, 3];
        ErrorSums sums = ErrorSums.Of(source, decoded, 10, importance);
        Assert.Equal((4, 12, 2), (sums.ErrorSquares, sums.WeightedErrorSquares, sums.MaxError));
        Assert.Equal(12.0 / (285 + 300), sums.RelativeSquares, 1e-15);
    }

    [Fact]
    public void Names_say_block_and_role()
    {
        TensorError inside = TensorError.From("blk.31.ffn_down.weight", GgmlType.Q4_K, new Shape(256, 512), default), outside = TensorError.From("output.weight", GgmlType.Q6_K, new Shape(256, 512), default);
        Assert.Equal((31, "ffn_down", 4.5), (inside.Layer, inside.Role, inside.BitsPerWeight));
        Assert.Equal((null, "output"), (outside.Layer, outside.Role));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static (ModelFolder Model, ExportPlan Plan) Plan(string name, string quantization)
    {
        string path = Repository.PathOf("tests", "models", name);
        ModelFolder model = ModelFolder.Open(path);
        return (model, GgufExport.Plan(model, Vocabulary.Load(path), new(Recipes.Get(quantization)), new GgufExportOptions { Name = "x" }));
    }

    private static double[] Read(TensorRows rows)
    {
        var numbers = new float[rows.Shape.ElementCount];
        rows.Read(0, numbers);
        return [.. numbers.Select(x => (double)x)];
    }
}

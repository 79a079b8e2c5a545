using HafsModels.Formats;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Formats;

public sealed class CheckpointTests
{
    [Theory]
    [InlineData("kjv-llama", 39, ElementType.BF16)]
    [InlineData("kjv-qwen2", 50, ElementType.BF16)]
    [InlineData("kjv-llama-gospels", 39, ElementType.F16)]
    public void A_folder_opens_whatever_its_layout(string model, int tensors, ElementType type)
    {
        using Checkpoint checkpoint = Checkpoint.OpenPath(Repository.PathOf("tests", "models", model));
        Assert.Equal(tensors, checkpoint.Tensors.Count);
        Assert.All(checkpoint.Tensors, t => Assert.Equal(type, t.Type));
        TensorInfo embedding = checkpoint.Tensors.Single(t => t.Name == "model.embed_tokens.weight");
        Assert.Equal(new Shape(2048, 256), embedding.Shape);

        TensorRows rows = checkpoint.Open(embedding.Name);
        float[] whole = new float[2048 * 256], part = new float[3 * 256];
        rows.Read(0, whole);
        rows.Read(2045, part);
        Assert.Equal(whole[(2045 * 256)..], part);
        Assert.All(whole, v => Assert.InRange(v, -10, 10));
    }

    [Fact]
    public void An_adapter_folder_says_that_it_must_be_merged()
    {
        HafsException error = Assert.Throws<HafsException>(() => Checkpoint.OpenPath(Repository.PathOf("tests", "models", "kjv-llama-lora")));
        Assert.Equal("CheckpointIsAdapter", error.Id);
    }
}

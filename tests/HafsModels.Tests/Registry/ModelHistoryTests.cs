using System.Security.Cryptography;
using System.Xml.Linq;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Registry;

public sealed class ModelHistoryTests : IDisposable
{
    private readonly ScratchRegistry scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void A_changed_and_a_missing_artifact_are_told_apart_from_an_unchanged_one()
    {
        ModelRegistry registry = scratch.Registry;
        registry.Add(new Model { Id = "chatbot", Path = scratch.Folder }, false, default);
        foreach (string name in new[] { "same.gguf", "flipped.gguf", "longer.gguf", "gone.gguf" })
        {
            byte[] bytes = RandomNumberGenerator.GetBytes(3000);
            string path = Path.Combine(scratch.Folder, name);
            File.WriteAllBytes(path, bytes);
            registry.AddArtifact(new Artifact { ModelId = "chatbot", Path = path, Format = "gguf", SizeBytes = bytes.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)) }, default);
        }

        byte[] flipped = File.ReadAllBytes(Path.Combine(scratch.Folder, "flipped.gguf"));
        flipped[1500] ^= 1;
        File.WriteAllBytes(Path.Combine(scratch.Folder, "flipped.gguf"), flipped);
        File.AppendAllText(Path.Combine(scratch.Folder, "longer.gguf"), "x");
        File.Delete(Path.Combine(scratch.Folder, "gone.gguf"));

        Dictionary<string, ArtifactCheck> checks = ModelVerification.Check(registry.Get("chatbot"), null, default).ToDictionary(c => Path.GetFileName(c.Path));
        Assert.Equal(ArtifactStatus.Unchanged, checks["same.gguf"].Status);
        Assert.Equal(checks["same.gguf"].RecordedSha256, checks["same.gguf"].Sha256);
        Assert.Equal(ArtifactStatus.Changed, checks["flipped.gguf"].Status);
        Assert.NotEqual(checks["flipped.gguf"].RecordedSha256, checks["flipped.gguf"].Sha256);
        Assert.Equal(ArtifactStatus.Changed, checks["longer.gguf"].Status);
        Assert.Equal(3001, checks["longer.gguf"].SizeBytes);
        Assert.Equal(ArtifactStatus.Missing, checks["gone.gguf"].Status);
        Assert.Equal(["same.gguf"], checks.Where(c => c.Value.Passed).Select(c => c.Key));
    }

    [Fact]
    public void Two_models_are_compared_by_metrics_training_data_and_architecture()
    {
        string left = Directory.CreateDirectory(Path.Combine(scratch.Folder, "left")).FullName, right = Directory.CreateDirectory(Path.Combine(scratch.Folder, "right")).FullName;
        File.WriteAllText(Path.Combine(left, "config.json"), """{"hidden_size":256,"rope_scaling":{"factor":8.0},"architectures":["LlamaForCausalLM"]}""");
        File.WriteAllText(Path.Combine(right, "config.json"), """{"hidden_size":512,"rope_scaling":null,"architectures":["LlamaForCausalLM"]}""");
        var reference = new Model { Id = "v1", Path = left, EvalLoss = 2.5, DatasetName = "kjv", Hyperparameters = new Dictionary<string, object?> { ["learning_rate"] = 1e-4 } };
        var difference = new Model { Id = "v2", Path = right, EvalLoss = 2.25, DatasetName = "kjv", Hyperparameters = new Dictionary<string, object?> { ["learning_rate"] = 2e-4 } };

        IReadOnlyList<ModelDifference> all = ModelComparison.Compare(reference, difference);
        ModelDifference loss = all.Single(d => d.Name == "eval_loss");
        Assert.Equal(("metrics", -0.25, false), (loss.Section, loss.Change, loss.IsEqual));
        Assert.Equal("training", all.Single(d => d.Name == "hyperparameters.learning_rate").Section);
        Assert.True(all.Single(d => d.Name == "dataset_name").IsEqual);
        Assert.Equal(256L, all.Single(d => d is { Section: "config", Name: "hidden_size" }).Reference);
        ModelDifference rope = all.Single(d => d.Name == "rope_scaling.factor");
        Assert.Equal((8L, null), (Convert.ToInt64(rope.Reference, null), rope.Difference));
        Assert.True(all.Single(d => d.Name == "architectures").IsEqual);
        Assert.DoesNotContain(all, d => d.Name is "model_id" or "created_at");
        Assert.Equal("metrics", all[0].Section);
    }

    [Fact]
    public void A_loss_that_is_no_number_is_compared_as_well()
    {
        ModelDifference loss = ModelComparison.Compare(Samples.Full("a"), Samples.Full("b") with { EvalLoss = 1 }).Single(d => d.Name == "eval_loss");
        Assert.Equal(("NaN", 1L, false), (loss.Reference, Convert.ToInt64(loss.Difference, null), loss.IsEqual));
    }

    [Fact]
    public void A_lineage_is_drawn_with_every_node_once_and_parents_to_the_left()
    {
        LineageLink[] links =
        [
            new("base", "tuned", "base", "1"), new("data <&> more", "tuned", "dataset", ""), new("hub/llama", "base", "base", ""),
            new("tuned", "/models/tuned-Q4_K_M.gguf", "artifact", "Q4_K_M"), new("/models/tuned-Q4_K_M.gguf", "Ollama:tuned", "deployment", "Q4_K_M"),
        ];
        XElement picture = XElement.Parse(LineageDrawing.Draw("tuned", links));
        XNamespace svg = "http://www.w3.org/2000/svg";
        Dictionary<string, int> left = picture.Elements(svg + "g").ToDictionary(g => g.Element(svg + "title")!.Value, g => (int)g.Element(svg + "rect")!.Attribute("x")!);
        Assert.Equal(links.SelectMany(l => new[] { l.From, l.To }).Distinct().Order(), left.Keys.Order());
        Assert.All(links, l => Assert.True(left[l.From] < left[l.To], $"{l.From} is not left of {l.To}"));
        Assert.Equal(links.Length, picture.Elements(svg + "path").Count());
        Assert.Contains(picture.Descendants(svg + "text"), t => t.Value == "tuned-Q4_K_M.gguf");
    }

    [Fact]
    public void A_mistaken_cycle_is_drawn_all_the_same()
    {
        LineageLink[] links = [new("a", "b", "base", "1"), new("b", "a", "base", "1")];
        XElement picture = XElement.Parse(LineageDrawing.Draw("a", links));
        Assert.Equal(2, picture.Elements(XName.Get("g", "http://www.w3.org/2000/svg")).Count());
    }
}

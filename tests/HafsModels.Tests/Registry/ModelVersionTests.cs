using FsCheck;
using FsCheck.Fluent;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Registry;

public sealed class ModelVersionTests
{
    [Fact]
    public void Labels_order_as_people_and_semantic_versions_do()
    {
        string[] ordered = ["final", "v0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "v1", "v1.2", "1.10.0", "v2", "v10"];
        Assert.Equal(ordered, ordered.Reverse().OrderBy(l => new ModelVersion(l)));
        Assert.Equal(0, new ModelVersion("v1").CompareTo(new ModelVersion("1.0.0+build.5")));
    }

    [Fact]
    public void The_order_of_any_labels_is_an_order() => Prop.ForAll(
        Gen.Elements("v1", "1.2.0", "1.2", "1.2.0-rc.1", "1.2.0-rc", "x", "", "v", "2.0-1", "1..2", "10", "9").ArrayOf(3).ToArbitrary(),
        labels =>
        {
            ModelVersion[] v = [.. labels.Select(l => new ModelVersion(l))];
            return Math.Sign(v[0].CompareTo(v[1])) == -Math.Sign(v[1].CompareTo(v[0])) && !(v[0].CompareTo(v[1]) <= 0 && v[1].CompareTo(v[2]) <= 0 && v[0].CompareTo(v[2]) > 0);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_family_is_asked_for_a_version_an_alias_or_the_latest()
    {
        using var scratch = new ScratchRegistry();
        foreach ((string id, string version) in new[] { ("chat-1", "v1.2.0"), ("chat-2", "v1.10.0"), ("chat-3", "v2.0.0-rc.1"), ("chat-4", "v2.0.0") })
        {
            scratch.Registry.Add(new Model { Id = id, Version = version }, false, default);
            scratch.Registry.SetFamily(id, "chat", default);
        }

        scratch.Registry.SetAlias("chat-1", "candidate", default);
        scratch.Registry.SetAlias("chat-1", "production", default);
        scratch.Registry.SetAlias("chat-2", "production", default);
        string Id(string reference) => scratch.Registry.Get(reference).Id;
        Assert.Equal("chat-1", Id("chat@v1.2.0"));
        Assert.Equal("chat-1", Id("chat@1.2.0"));
        Assert.Equal("chat-2", Id("chat@v1"));
        Assert.Equal("chat-2", Id("chat@production"));
        Assert.Equal("chat-1", Id("chat@candidate"));
        Assert.Equal("chat-3", Id("chat@2.0.0-rc.1"));
        Assert.Equal("chat-4", Id("chat@2"));
        Assert.Equal("chat-4", Id("chat@latest"));
        Assert.Equal("chat-4", Id("chat"));
        Assert.Equal("chat-1", Id("chat-1"));
        Assert.Throws<HafsException>(() => Id("chat@v3"));
        Assert.Equal(["chat-2"], scratch.Registry.Find(new ModelQuery { Ids = ["chat@production"] }).Select(m => m.Id));
        Assert.Equal(["chat-1", "chat-2", "chat-3", "chat-4"], scratch.Registry.Versions("chat").Select(m => m.Id));
        Assert.Equal(["candidate"], scratch.Registry.Get("chat-1").Aliases);
        Assert.Null(HafsLoader.Load(File.ReadAllBytes(scratch.Path)).Failure);

        scratch.Registry.Remove("chat-2", default);
        Assert.Throws<HafsException>(() => Id("chat@production"));
        Assert.True(scratch.Registry.RemoveAlias("chat", "candidate", default));
        Assert.False(scratch.Registry.RemoveAlias("chat", "candidate", default));
        Assert.Equal("AliasReserved", Assert.Throws<HafsException>(() => scratch.Registry.SetAlias("chat-1", "v3", default)).Id);
    }

    [Fact]
    public void A_lineage_follows_registered_parents_and_ends_although_they_form_a_ring()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "base", BaseModel = "Qwen/Qwen2.5-0.5B", Path = "/m/base", Version = "v1" }, false, default);
        scratch.Registry.Add(new Model { Id = "tuned", BaseModel = "/m/base", DatasetName = "kjv" }, false, default);
        scratch.Registry.Add(new Model { Id = "merged" }, false, default);
        scratch.Registry.AddParent("merged", new ModelParent(ModelParentKind.Merge, "tuned"), default);
        scratch.Registry.AddParent("merged", new ModelParent(ModelParentKind.Adapter, "/m/lora", "ab"), default);
        scratch.Registry.AddParent("base", new ModelParent(ModelParentKind.Merge, "merged"), default);
        scratch.Registry.AddArtifact(new Artifact { ModelId = "merged", Path = "/out/a.gguf", Format = "gguf", Quantization = "Q4_K_M" }, default);
        scratch.Registry.AddDeployment(Samples.Deployment("merged", "Ollama", "chat"), default);

        Assert.Equal(
            [
                ("tuned", "merged", "merge"), ("/m/lora", "merged", "adapter"), ("base", "tuned", "base"), ("kjv", "tuned", "dataset"), ("merged", "base", "merge"),
                ("Qwen/Qwen2.5-0.5B", "base", "base"), ("merged", "/out/a.gguf", "artifact"), ("/out/a.gguf", "Ollama:chat", "deployment"),
            ],
            scratch.Registry.Lineage("merged").Select(l => (l.From, l.To, l.Relation)));
        Assert.True(scratch.Registry.RemoveParent("merged", "tuned", default));
        Assert.False(scratch.Registry.RemoveParent("merged", "tuned", default));
    }
}

using FsCheck;
using FsCheck.Fluent;
using HafsModels.Registry;
using HafsModels.Registry.Json;
using Xunit;

namespace HafsModels.Tests.Registry;

public sealed class RegistryRoundTripTests
{
    private static readonly string[] Ids = ["a", "b", "c"];

    private static readonly Func<Model, string, Model>[] Edits =
    [
        (m, x) => m with { Role = x },
        (m, x) => m with { Notes = x },
        (m, x) => m with { Tags = [.. m.Tags, x] },
        (m, x) => m with { EvalLoss = x.Length / 7.0 },
        (m, x) => m with { Hyperparameters = new Dictionary<string, object?>(m.Hyperparameters) { ["lr"] = x } },
        (m, x) => m with { Locations = new Dictionary<string, string>(m.Locations) { ["mac"] = x } },
        (m, _) => m,
    ];

    [Fact]
    public void Random_edits_keep_every_unknown_key_and_the_order_of_all_keys() => Prop.ForAll(
        Registries.ToArbitrary(),
        (from id in Gen.Elements(Ids) from edit in Gen.Elements(Edits) from text in RandomJson.Keys select (id, edit, text)).ArrayOf(6).ToArbitrary(),
        (before, edits) =>
        {
            using var scratch = new ScratchRegistry(JsonText.Write(before));
            foreach ((string id, var edit, string text) in edits)
                scratch.Registry.Update(id, m => edit(m, text), default);
            scratch.Registry.Add(new Model { Id = "new" }, force: true, default);
            var after = (JsonObject)JsonParser.Parse(scratch.Text);

            AssertKept(before, after, except: ["models", "updated_at"]);
            foreach (string id in Ids)
            {
                var record = (JsonObject)((JsonObject)after["models"]!)[id]!;
                AssertKept((JsonObject)((JsonObject)before["models"]!)[id]!, record, except: HafsLoader.AllKeys);
                Assert.Empty(HafsLoader.AllKeys.Except(record.Members.Select(m => m.Name)));
            }
        }).QuickCheckThrowOnFailure();

    // Every key stands in the order it had, and what is not excepted has its bytes.
    private static void AssertKept(JsonObject before, JsonObject after, string[] except)
    {
        string[] had = [.. before.Members.Select(m => m.Name)];
        Assert.Equal(had, after.Members.Select(m => m.Name).Where(had.Contains));
        foreach (JsonMember member in before.Members.Where(m => !except.Contains(m.Name)))
            Assert.Equal(JsonText.Write(member.Value), JsonText.Write(after[member.Name]!));
    }

    private static Gen<JsonObject> Registries =>
        from records in Records.ArrayOf(Ids.Length)
        from top in Unknown
        from shuffled in Gen.Shuffle(top.Append(new JsonMember("models", new JsonObject([.. Ids.Zip(records, (id, r) => new JsonMember(id, r))]))).Append(new JsonMember("version", JsonScalar.Text("1.0"))))
        select new JsonObject([.. shuffled.DistinctBy(m => m.Name)]);

    // Some of the 36 keys with random or plausible values, some unknown ones, in any order.
    private static Gen<JsonObject> Records =>
        from known in Gen.SubListOf(HafsLoader.AllKeys)
        from odd in RandomJson.Items.ArrayOf(known.Count)
        from fits in Gen.Elements(true, true, false).ArrayOf(known.Count)
        from unknown in Unknown
        from shuffled in Gen.Shuffle(known.Select((key, i) => new JsonMember(key, fits[i] ? JsonValues.ToItem(RecordKeys.All[RecordKeys.Positions[key]].Value(Samples.Full("x"))) : odd[i])).Concat(unknown))
        select new JsonObject([.. shuffled.DistinctBy(m => m.Name)]);

    private static Gen<IEnumerable<JsonMember>> Unknown =>
        Gen.Zip(RandomJson.Keys, RandomJson.Items).ArrayOf(3).Select(pairs => pairs.Select(p => new JsonMember("x" + p.Item1, p.Item2)));
}

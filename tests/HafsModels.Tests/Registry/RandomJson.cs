using FsCheck;
using FsCheck.Fluent;
using HafsModels.Registry.Json;

namespace HafsModels.Tests.Registry;

/// <summary>Random JSON as Python spells it: objects with distinct keys, lists, text of any characters, whole and other numbers, literals.</summary>
internal static class RandomJson
{
    private static readonly Gen<string> Texts =
        Gen.OneOf(Gen.Elements('a', 'Z', '"', '\\', '\n', '\u0000', '\u007f', 'é', '中', '\ud83d', '\ude00', '/', ' ')).ArrayOf().Select(c => new string(c));

    private static readonly Gen<JsonItem> Scalars = Gen.OneOf(
        Texts.Select(t => (JsonItem)JsonScalar.Text(t)),
        ArbMap.Default.GeneratorFor<long>().Select(n => JsonValues.ToItem(n)),
        ArbMap.Default.GeneratorFor<double>().Select(n => JsonValues.ToItem(n)),
        Gen.Elements<JsonItem>(JsonScalar.Null, JsonScalar.True, JsonScalar.False, JsonList.Empty, JsonObject.Empty));

    public static Gen<JsonItem> Items => Gen.Sized(size => Tree(Math.Min(size, 20)));

    public static Gen<string> Keys => Texts;

    private static Gen<JsonItem> Tree(int size) => size <= 1
        ? Scalars
        : Gen.Frequency(
            (2, Scalars),
            (1, Tree(size / 3).ArrayOf().Resize(4).Select(items => (JsonItem)new JsonList([.. items]))),
            (2, Gen.Zip(Texts, Tree(size / 3)).ArrayOf().Resize(4).Select(members =>
                (JsonItem)new JsonObject([.. members.DistinctBy(m => m.Item1).Select(m => new JsonMember(m.Item1, m.Item2))]))));
}

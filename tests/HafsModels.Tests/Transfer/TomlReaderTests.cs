using System.Text;
using HafsModels.Transfer.Toml;
using Xunit;

namespace HafsModels.Tests.Transfer;

public sealed class TomlReaderTests
{
    [Theory]
    [InlineData("k = 1", 1L)]
    [InlineData("k = +1_000", 1000L)]
    [InlineData("k = -0", 0L)]
    [InlineData("k = -9223372036854775808", long.MinValue)]
    [InlineData("k = 0xDEAD_beef", 0xDEADBEEFL)]
    [InlineData("k = 0o755", 493L)]
    [InlineData("k = 0b1101", 13L)]
    [InlineData("k = 0x7FFFFFFFFFFFFFFF", long.MaxValue)]
    [InlineData("k = 3.14_15", 3.1415)]
    [InlineData("k = 5e+22", 5e22)]
    [InlineData("k = -2E-02", -2e-2)]
    [InlineData("k = 6.626e-34", 6.626e-34)]
    [InlineData("k = -inf", double.NegativeInfinity)]
    [InlineData("k = +nan", double.NaN)]
    [InlineData("k = true", true)]
    [InlineData("\uFEFFk = false # a comment", false)]
    [InlineData("k=\"a\\tb\\u00e9\\U0001F600\\\\\"", "a\tbé😀\\")]
    [InlineData("k = 'D:\\a\\n'", "D:\\a\\n")]
    [InlineData("k = \"\"", "")]
    [InlineData("k = \"\"\"\r\na\r\nb\"\"\"", "a\nb")]
    [InlineData("k = \"\"\"a \\  \n\n   b\"\"\"", "a b")]
    [InlineData("k = \"\"\"\"two\"\" quotes\"\"\"\"\"", "\"two\"\" quotes\"\"")]
    [InlineData("k = ''''one'''", "'one")]
    [InlineData("k = '''\nraw \\d\n'''", "raw \\d\n")]
    [InlineData("\"k\" = 'quoted key'", "quoted key")]
    public void A_value_reads_as_what_it_is(string text, object expected) => Assert.Equal(expected, TomlReader.Read(Encoding.UTF8.GetBytes(text), "t")["k"]);

    [Fact]
    public void Dates_and_times_read_as_what_they_are()
    {
        TomlTable t = Read("a = 1979-05-27T07:32:00Z\nb = 1979-05-27 00:32:00.999999-07:00\nc = 1979-05-27t07:32:00\nd = 1979-05-27\ne = 07:32:00.5\n");
        Assert.Equal(new DateTimeOffset(1979, 5, 27, 7, 32, 0, TimeSpan.Zero), t["a"]);
        Assert.Equal(new DateTimeOffset(1979, 5, 27, 0, 32, 0, TimeSpan.FromHours(-7)).AddTicks(9_999_990), t["b"]);
        Assert.Equal(new DateTime(1979, 5, 27, 7, 32, 0), t["c"]);
        Assert.Equal(new DateOnly(1979, 5, 27), t["d"]);
        Assert.Equal(new TimeOnly(7, 32, 0, 500), t["e"]);
    }

    [Fact]
    public void Tables_arrays_and_dotted_keys_nest_as_written()
    {
        TomlTable t = Read("""
            a.b.c = 1
            a.b."d e" = 2
            list = [ 1, 'x', [2.5], # mixed
              { x = 1, y.z = 2 },
            ]
            [x.y.z.w] # for this to work, x.y.z need not be there
            [x]
            k = 'later'
            [[p]]
            n = 1
            [p.in]
            m = 2
            [[p]]
            n = 3
            [fruit]
            apple.color = 'red'
            [fruit.apple.taste]
            sweet = true
            """);
        Assert.Equal(["c", "d e"], At(t, "a", "b").Select(p => p.Key));
        Assert.Equal("later", At(t, "x")["k"]);
        Assert.Equal(0, At(t, "x", "y", "z", "w").Count);
        var list = (TomlArray)t["list"]!;
        Assert.Equal(4, list.Count);
        Assert.Equal(2L, At((TomlTable)list[3], "y")["z"]);
        var p = (TomlArray)t["p"]!;
        Assert.Equal([1L, 3L], p.Select(i => ((TomlTable)i)["n"]));
        Assert.Equal(2L, At((TomlTable)p[0], "in")["m"]);
        Assert.Equal(true, At(t, "fruit", "apple", "taste")["sweet"]);
    }

    [Theory]
    [InlineData("a = 1\nb = \n", "line 2, column 5")]
    [InlineData("a = 1\na = 2", "line 2, column 1: 'a' is defined already")]
    [InlineData("[a]\n[a]", "line 2, column 2: [a] is defined already")]
    [InlineData("a.b = 1\n[a]", "line 2, column 2")]
    [InlineData("[a.b]\nx = 1\n[a]\nb.c = 2", "line 4, column 1")]
    [InlineData("a = {x = 1}\n[a.b]", "line 2, column 2")]
    [InlineData("a = {x = 1}\na.y = 2", "line 2, column 1")]
    [InlineData("a = {x = {y = 1}, x.z = 2}", "line 1, column 19")]
    [InlineData("a = [{x = 1}]\n[[a]]", "line 2, column 3")]
    [InlineData("[[a]]\n[a]", "line 2, column 2")]
    [InlineData("a = {x = 1,}", "line 1, column 12")]
    [InlineData("a = {x = 1\n}", "line 1, column 11")]
    [InlineData("a = 1 b = 2", "line 1, column 7")]
    [InlineData("= 1", "line 1, column 1")]
    [InlineData("a 1", "line 1, column 3")]
    [InlineData("a = 01", "line 1, column 5: '01' is no value")]
    [InlineData("a = 1__0", "line 1, column 5")]
    [InlineData("a = 1.", "line 1, column 5")]
    [InlineData("a = 9223372036854775808", "line 1, column 5")]
    [InlineData("a = +0x1", "line 1, column 5")]
    [InlineData("a = 2023-02-30", "line 1, column 5")]
    [InlineData("a = 24:00:00", "line 1, column 5")]
    [InlineData("a = hello", "line 1, column 5: 'hello' is no value; text stands in quotes")]
    [InlineData("a = \"D:\\models\"", "line 1, column 8: a backslash before 'm' means nothing")]
    [InlineData("a = \"\\uD800\"", "line 1, column 6")]
    [InlineData("a = \"x\ny\"", "line 1, column 5")]
    [InlineData("a = 'é😀\u0001'", "line 1, column 8")]
    [InlineData("a = \"\"\"x", "line 1, column 5")]
    [InlineData("a = [1 2]", "line 1, column 8")]
    [InlineData("a = [1, 2", "line 1, column 10")]
    [InlineData("# a\u0000b", "line 1, column 4")]
    [InlineData("a = 1\rb = 2", "line 1, column 6")]
    [InlineData("[a", "line 1, column 3")]
    [InlineData("[]", "line 1, column 2")]
    [InlineData("[[a]", "line 1, column 5")]
    public void What_breaks_a_rule_is_refused_with_its_place(string text, string place)
    {
        var error = Assert.Throws<HafsException>(() => Read(text));
        Assert.Equal(ErrorKind.InvalidData, error.Kind);
        Assert.Contains("t.toml: " + place, error.Message);
    }

    [Fact]
    public void Bytes_that_are_no_text_and_depth_without_end_are_refused()
    {
        Assert.Contains("byte 5: not UTF-8", Assert.Throws<HafsException>(() => TomlReader.Read([.. "a = '"u8, 0xff, (byte)'\''], "t.toml")).Message);
        Assert.Contains("deep", Assert.Throws<HafsException>(() => Read("a = " + new string('[', 100_000))).Message);
        Assert.Contains("deep", Assert.Throws<HafsException>(() => Read("a = " + string.Concat(Enumerable.Repeat("[{a=", 10_000)))).Message);
    }

    private static TomlTable Read(string text) => TomlReader.Read(text, "t.toml");

    private static TomlTable At(TomlTable table, params string[] path) => path.Aggregate(table, (t, k) => (TomlTable)t[k]!);
}

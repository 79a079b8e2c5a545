using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using HafsModels.Registry.Json;
using Xunit;

namespace HafsModels.Tests.Registry;

public sealed class JsonTests
{
    // Left: what Python 3 prints for repr(float).
    [Theory]
    [InlineData("0.0", 0.0)]
    [InlineData("-0.0", -0.0)]
    [InlineData("1.0", 1.0)]
    [InlineData("0.1", 0.1)]
    [InlineData("0.0001", 1e-4)]
    [InlineData("1e-05", 1e-5)]
    [InlineData("1.5e-07", 1.5e-7)]
    [InlineData("123456789012345.6", 123456789012345.6)]
    [InlineData("1234567890123456.0", 1234567890123456.0)]
    [InlineData("9999999999999998.0", 9999999999999998.0)]
    [InlineData("1e+16", 1e16)]
    [InlineData("1.2345e+22", 1.2345e22)]
    [InlineData("5e-324", double.Epsilon)]
    [InlineData("1.7976931348623157e+308", double.MaxValue)]
    [InlineData("100.0", 100.0)]
    [InlineData("-2.5", -2.5)]
    [InlineData("NaN", double.NaN)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    public void Numbers_are_spelled_as_Python_spells_them(string expected, double value) => Assert.Equal(expected, JsonText.Number(value));

    [Fact]
    public void Every_number_reads_back_the_same() => Prop.ForAll<double>(
        value => BitConverter.DoubleToInt64Bits(value) == BitConverter.DoubleToInt64Bits((double)JsonValues.From(JsonParser.Parse(JsonText.Number(value)))!)
            || double.IsNaN(value)).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_text_reads_back_the_same() => Prop.ForAll<string>(
        value => value is null || (string)JsonValues.From(JsonParser.Parse(JsonText.Quote(value)))! == value).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_value_reads_back_the_same_and_its_text_is_stable() => Prop.ForAll(
        RandomJson.Items.ToArbitrary(),
        item =>
        {
            string text = JsonText.Write(item);
            JsonItem again = JsonParser.Parse(text);
            return JsonText.Write(again) == text && JsonText.Write(JsonValues.ToItem(JsonValues.From(item), item)) == text;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("{\"a\":1 \"b\":2}")]
    [InlineData("[1,]")]
    [InlineData("\"a\tb\"")]
    [InlineData("\"\\u12g4\"")]
    [InlineData("\"open")]
    [InlineData("\"open\\")]
    [InlineData("-")]
    [InlineData("1.")]
    [InlineData("1e")]
    [InlineData("01")]
    [InlineData("+1")]
    [InlineData("nul")]
    [InlineData("Infinit")]
    [InlineData("-Inf")]
    [InlineData("{'a':1}")]
    [InlineData("")]
    [InlineData("// comment\n1")]
    public void What_Python_refuses_is_refused(string text) => Assert.Throws<JsonTextException>(() => JsonParser.Parse(text));

    [SkippableFact]
    public void Python_writes_the_same_bytes()
    {
        using Process? python = StartPython();
        Skip.If(python is null, "No python3 on the PATH; the project does not need one.");
        string[] texts = [.. RandomJson.Items.Sample(200, 30).Select(JsonText.Write)];
        python.StandardInput.Write(string.Join('\0', texts));
        python.StandardInput.Close();
        string[] written = python.StandardOutput.ReadToEnd().Split('\0');
        python.WaitForExit();
        Assert.Equal(texts, written);
    }

    private static Process? StartPython()
    {
        try
        {
            return Process.Start(new ProcessStartInfo("python3", ["-c", "import sys,json\nsys.stdout.write('\\0'.join(json.dumps(json.loads(t), indent=2) for t in sys.stdin.read().split('\\0')))"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}

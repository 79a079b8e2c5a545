using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HafsModels.Transfer;
using Xunit;

namespace HafsModels.Tests.Transfer;

public sealed class ShellQuotingTests
{
    private static readonly Gen<string> Texts =
        Gen.Elements('a', ' ', '\'', '"', '\\', '$', '`', '!', '%', '&', '|', ';', '*', '?', '~', '#', '(', '<', '^', '\n', '\t', 'é', '\u2019', '-', '=', '{', '中').ArrayOf().Resize(12).Select(c => new string(c));

    [SkippableFact]
    public void A_posix_shell_hands_over_exactly_the_text()
    {
        Skip.If(OperatingSystem.IsWindows(), "No /bin/sh on Windows.");
        string[] texts = [.. Texts.Sample(500), "", "-n", "~", "$(rm -rf /)", "a'b"];
        Assert.Equal(texts, Run("/bin/sh", "printf '%s\\0' " + string.Join(' ', texts.Select(t => ShellQuoting.Quote(t, Shell.Posix))), "-s"));
    }

    [SkippableFact]
    public void PowerShell_hands_over_exactly_the_text()
    {
        string? pwsh = PowerShellProgram.Path;
        Skip.If(pwsh is null, "No pwsh on the PATH.");
        string[] texts = [.. Texts.Sample(300), "", "$x", "it\u2018s"];
        string script = Path.Combine(Path.GetTempPath(), $"hafsmodels-{Guid.NewGuid():N}.ps1");
        try
        {
            File.WriteAllText(script, "[Console]::OutputEncoding = [Text.UTF8Encoding]::new($false)\n" + string.Concat(texts.Select(t => $"[Console]::Write({ShellQuoting.Quote(t, Shell.PowerShell)} + \"`0\")\n")), new UTF8Encoding(true));
            Assert.Equal(texts, Run(pwsh, "", "-NoProfile", "-File", script));
        }
        finally
        {
            File.Delete(script);
        }
    }

    [Fact]
    public void PowerShell_quotes_are_doubled_whichever_way_they_lean() => Assert.Equal("'a''b\u2019\u2019c \"$d\"'", ShellQuoting.Quote("a'b\u2019c \"$d\"", Shell.PowerShell));

    [Theory]
    [InlineData(@"D:\a b\", @"""D:\a b\\""")]
    [InlineData(@"D:\a&b", @"""D:\a&b""")]
    [InlineData("", "\"\"")]
    public void Cmd_gets_double_quotes(string text, string quoted) => Assert.Equal(quoted, ShellQuoting.Quote(text, Shell.Cmd));

    [Theory]
    [InlineData("%PATH%")]
    [InlineData("a\"b")]
    [InlineData("a\nb")]
    [InlineData("hi!")]
    public void What_cmd_would_change_is_refused(string text) => Assert.Equal("TextNotQuotable", Assert.Throws<HafsException>(() => ShellQuoting.Quote(text, Shell.Cmd)).Id);

    [Fact]
    public void What_cmd_accepts_is_split_back_into_exactly_the_text() => Prop.ForAll(
        Texts.ToArbitrary(),
        text => text.AsSpan().ContainsAny("%!\"\r\n") || SplitLikeMicrosoft(ShellQuoting.Quote(text, Shell.Cmd) + " next") is [var first, "next"] && first == text).QuickCheckThrowOnFailure();

    [Fact]
    public void A_nul_is_refused_everywhere() => Assert.All(Enum.GetValues<Shell>(), shell => Assert.Throws<HafsException>(() => ShellQuoting.Quote("a\0b", shell)));

    // The documented rules for argv: 2n backslashes and a quote are n backslashes and the end or beginning of quoting, 2n+1 are n and a quote.
    private static List<string> SplitLikeMicrosoft(string line)
    {
        var arguments = new List<string>();
        StringBuilder? current = null;
        bool quoted = false;
        for (int i = 0; i < line.Length;)
        {
            int backslashes = line.AsSpan(i).IndexOfAnyExcept('\\') is var n and >= 0 ? n : line.Length - i;
            i += backslashes;
            bool quote = i < line.Length && line[i] == '"';
            if (backslashes > 0)
                (current ??= new()).Append('\\', quote ? backslashes / 2 : backslashes);
            if (quote)
            {
                current ??= new();
                if (backslashes % 2 == 1)
                    current.Append('"');
                else
                    quoted = !quoted;
                i++;
            }
            else if (i < line.Length)
            {
                if (!quoted && line[i] is ' ' or '\t')
                {
                    if (current is not null)
                        arguments.Add(current.ToString());
                    current = null;
                }
                else
                    (current ??= new()).Append(line[i]);
                i++;
            }
        }

        if (current is not null)
            arguments.Add(current.ToString());
        return arguments;
    }

    private static string[] Run(string program, string input, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = new UTF8Encoding(false),
        })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string[] parts = process.StandardOutput.ReadToEnd().Split('\0');
        process.WaitForExit();
        return parts[..^1];
    }
}

using System.Globalization;
using System.Text;

namespace HafsModels.Transfer.Remote;

/// <summary>
/// Command lines for another machine, one instance a platform. What they print: <see cref="List"/> <c>SIZE NAME NUL</c> for each file,
/// <see cref="Hash"/> the hash and perhaps more after a blank, <see cref="Resolve"/> a path, <see cref="Read"/> the bytes, <see cref="Free"/> KiB.
/// </summary>
internal sealed record RemoteCommands(PathStyle Style)
{
    /// <summary>Exit code of <see cref="List"/> where nothing is at the path.</summary>
    public const int NothingThere = 66;

    /// <summary>Exit code of a machine that has no program to hash with.</summary>
    public const int NoProgram = 127;

    /// <summary>Lists a folder or a file.</summary>
    public required Func<string, string> List { get; init; }

    /// <summary>Reads a file from an offset.</summary>
    public required Func<string, long, string> Read { get; init; }

    /// <summary>Writes standard input to a file from an offset, where the file must end.</summary>
    public required Func<string, long, string> Write { get; init; }

    /// <summary>Hashes a file.</summary>
    public required Func<string, string> Hash { get; init; }

    /// <summary>Renames to a name that must be free.</summary>
    public required Func<string, string, string> Move { get; init; }

    /// <summary>Makes a path full.</summary>
    public required Func<string, string> Resolve { get; init; }

    /// <summary>Tells how many KiB are free where a path is or will be; nothing where that is not known.</summary>
    public required Func<string, string> Free { get; init; }

    /// <summary>Prints <see cref="SshClient.Ready"/>, and ends when its input does.</summary>
    public required string Wait { get; init; }

    /// <summary>A POSIX shell with the programs of POSIX, and openssl, sha256sum or shasum. The account's own shell may be any.</summary>
    public static RemoteCommands Posix { get; } = new(PathStyle.Posix)
    {
        List = path => Script($"p={Sh(path)}; [ -e \"$p\" ] || {{ ls -d \"$p\" >&2; exit {NothingThere}; }}; if [ -f \"$p\" ]; then printf '%s \\0' \"$(wc -c <\"$p\")\"; "
            + "else find -L \"$p\" -type f -exec sh -c 'r=$1; shift; for f do n=$(wc -c <\"$f\") || exit 1; printf \"%s %s\\0\" \"$n\" \"${f#\"$r\"/}\"; done' sh \"$p\" {} +; fi"),
        Read = (path, offset) => Script(offset == 0 ? $"cat {Sh(path)}" : string.Create(CultureInfo.InvariantCulture, $"tail -c +{offset + 1} {Sh(path)}")),
        Write = (path, offset) => Script($"p={Sh(path)}; mkdir -p \"$(dirname \"$p\")\" && " + (offset == 0
            ? "cat >\"$p\""
            : string.Create(CultureInfo.InvariantCulture, $"{{ [ \"$(wc -c <\"$p\")\" -eq {offset} ] || {{ echo \"$p has changed\" >&2; exit 1; }}; }} && cat >>\"$p\""))),
        // openssl first: it uses the processor's instructions for it, four times as fast as the others.
        Hash = path => Script($"p={Sh(path)}; exec 3<\"$p\" || exit 1; for c in 'openssl dgst -sha256 -r' sha256sum 'shasum -a 256'; do command -v \"${{c%% *}}\" >/dev/null && $c <\"$p\" && exit 0; done; exit {NoProgram}"),
        Move = (from, to) => Script($"t={Sh(to)}; [ ! -e \"$t\" ] || {{ echo \"$t: File exists\" >&2; exit 1; }}; mv {Sh(from)} \"$t\""),
        Resolve = path => Script(path.StartsWith('/') ? $"printf %s {Sh(path)}" : $"printf %s \"$PWD\"/{Sh(path)}"),
        Free = path => Script($"p={Sh(path)}; while [ ! -e \"$p\" ]; do p=$(dirname \"$p\"); done; df -Pk \"$p\" | sed -n '$s/.* \\([0-9][0-9]*\\)  *[0-9]*%.*/\\1/p'"),
        Wait = Script($"echo {SshClient.Ready}; exec cat >/dev/null"),
    };

    /// <summary>Windows PowerShell, started by whichever shell the machine has: an encoded command needs no quoting in cmd or PowerShell.</summary>
    public static RemoteCommands Windows { get; } = new(PathStyle.Windows)
    {
        List = path => PowerShell($"$p={Ps(path)};if(!(Test-Path -LiteralPath $p)){{exit {NothingThere}}};$r=(Get-Item -LiteralPath $p -Force).FullName.TrimEnd('\\','/').Length+1;"
            + "Get-ChildItem -LiteralPath $p -Recurse -File -Force|%{$n=if($_.FullName.Length -gt $r){$_.FullName.Substring($r).Replace('\\','/')}else{''};$b=[Text.Encoding]::UTF8.GetBytes(\"$($_.Length) $n`0\");$o.Write($b,0,$b.Length)}"),
        Read = (path, offset) => PowerShell(string.Create(CultureInfo.InvariantCulture, $"$s=[IO.File]::OpenRead({Ps(path)});$null=$s.Seek({offset},'Begin');$s.CopyTo($o,1048576)")),
        Write = (path, offset) => PowerShell(string.Create(CultureInfo.InvariantCulture, $"$p={Ps(path)};$null=[IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($p));$s=[IO.File]::Open($p,'OpenOrCreate','Write');"
            + $"if($s.Length -lt {offset}){{throw \"$p has changed\"}};$s.SetLength({offset});$null=$s.Seek(0,'End');[Console]::OpenStandardInput().CopyTo($s,1048576);$s.Dispose()")),
        Hash = path => PowerShell($"$s=[IO.File]::OpenRead({Ps(path)});$h=[Security.Cryptography.SHA256]::Create().ComputeHash($s);$b=[Text.Encoding]::ASCII.GetBytes([BitConverter]::ToString($h).Replace('-','').ToLower());$o.Write($b,0,$b.Length)"),
        Move = (from, to) => PowerShell($"$f={Ps(from)};$t={Ps(to)};if([IO.File]::Exists($f)){{[IO.File]::Move($f,$t)}}else{{[IO.Directory]::Move($f,$t)}}"),
        Resolve = path => PowerShell($"$b=[Text.Encoding]::UTF8.GetBytes([IO.Path]::GetFullPath([IO.Path]::Combine((Get-Location).Path,{Ps(path)})));$o.Write($b,0,$b.Length)"),
        Free = path => PowerShell($"$f='';try{{$f=[math]::Floor((New-Object IO.DriveInfo ([IO.Path]::GetPathRoot([IO.Path]::GetFullPath({Ps(path)})))).AvailableFreeSpace/1024)}}catch{{}};$b=[Text.Encoding]::ASCII.GetBytes(\"$f\");$o.Write($b,0,$b.Length)"),
        Wait = PowerShell($"$b=[Text.Encoding]::ASCII.GetBytes(\"{SshClient.Ready}`n\");$o.Write($b,0,$b.Length);$o.Flush();[Console]::OpenStandardInput().CopyTo([IO.Stream]::Null)"),
    };

    // Programs speak English, so that what they refuse can be told apart. The account's shell may be fish, csh or another, which agree with sh on no more
    // than a text between single quotes without backslashes before quotes or backslashes, newlines or exclamation marks: printf makes the script of it.
    private static string Script(string script) =>
        "exec sh -c 'eval \"$(printf \"" + string.Concat(("LC_ALL=C; export LC_ALL; " + script).Select(Plain)) + "\")\"'";

    private static string Plain(char c) => c switch
    {
        '%' => "%%",
        '\'' or '"' or '\\' or '$' or '`' or '!' or < ' ' => "\\" + Convert.ToString(c, 8).PadLeft(3, '0'),
        _ => c.ToString(),
    };

    // A path that begins with a dash would be an option.
    private static string Sh(string path) => ShellQuoting.Quote(path.StartsWith('-') ? "./" + path : path, Shell.Posix);

    private static string Ps(string path) => ShellQuoting.Quote(path, Shell.PowerShell);

    private static string PowerShell(string script) => "powershell -NoProfile -NonInteractive -EncodedCommand " + Convert.ToBase64String(Encoding.Unicode.GetBytes(
        "$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue';$o=[Console]::OpenStandardOutput();try{" + script + "}catch{[Console]::Error.WriteLine($_.Exception.GetBaseException().Message);exit 1}"));
}

using System.Globalization;
using System.Text;

namespace HafsModels.Transfer.Remote;

/// <summary>
/// Command lines for another machine, one instance a platform. What they print: <see cref="List"/> <c>SIZE NAME NUL</c> for each file,
/// <see cref="Hash"/> and <see cref="Write"/> the hash and perhaps more after a blank, <see cref="Read"/> for each file its bytes and then its hash,
/// <see cref="Resolve"/> a path, <see cref="Free"/> KiB. Where a machine has nothing to hash with, <see cref="Write"/> prints no hash and <see cref="Read"/> blanks.
/// </summary>
internal sealed record RemoteCommands(PathStyle Style)
{
    /// <summary>Exit code of <see cref="List"/> where nothing is at the path.</summary>
    public const int NothingThere = 66;

    /// <summary>Exit code of a machine that has no program to hash with.</summary>
    public const int NoProgram = 127;

    /// <summary>Characters of a SHA-256.</summary>
    public const int HashLength = 64;

    /// <summary>Characters that the machine's shell takes as a command.</summary>
    public required int LongestCommand { get; init; }

    /// <summary>Lists a folder or a file.</summary>
    public required Func<string, string> List { get; init; }

    /// <summary>Reads files, each from its offset.</summary>
    public required Func<IReadOnlyList<FileRange>, string> Read { get; init; }

    /// <summary>Writes standard input to a file from an offset, where the file must end, and hashes the file.</summary>
    public required Func<string, long, string> Write { get; init; }

    /// <summary>Hashes a file.</summary>
    public required Func<string, string> Hash { get; init; }

    /// <summary>Renames to a name that must be free.</summary>
    public required Func<string, string, string> Move { get; init; }

    /// <summary>Makes a path full.</summary>
    public required Func<string, string> Resolve { get; init; }

    /// <summary>Tells how many KiB are free where a path is or will be; nothing where that is not known.</summary>
    public required Func<string, string> Free { get; init; }

    /// <summary>Ends when its input does.</summary>
    public required string Wait { get; init; }

    /// <summary>A POSIX shell with the programs of POSIX, and openssl, sha256sum or shasum. The account's own shell may be any.</summary>
    public static RemoteCommands Posix { get; } = new(PathStyle.Posix)
    {
        // Linux takes 131,072 bytes, Windows as the client's system 32,767.
        LongestCommand = 30_000,
        List = path => Script($"p={Sh(path)}; [ -e \"$p\" ] || {{ ls -d \"$p\" >&2; exit {NothingThere}; }}; if [ -f \"$p\" ]; then printf '%s \\0' \"$(wc -c <\"$p\")\"; "
            + "elif find /dev/null -printf '' 2>/dev/null; then find -L \"$p\" -type f -printf '%s %P\\0'; "
            + "else find -L \"$p\" -type f -exec sh -c 'r=$1; shift; for f do n=$(wc -c <\"$f\") || exit 1; printf \"%s %s\\0\" \"$n\" \"${f#\"$r\"/}\"; done' sh \"$p\" {} +; fi"),
        Read = files => Script(HashFunction
            + $"r() {{ d=$(h \"$1\" & if [ $2 -eq 1 ]; then cat \"$1\"; else tail -c +$2 \"$1\"; fi >&3; s=$?; wait; exit $s) || exit; printf '%-{HashLength}.{HashLength}s' \"$d\"; }}; exec 3>&1"
            + string.Concat(files.Select(f => string.Create(CultureInfo.InvariantCulture, $"; r {Sh(f.Path)} {f.Offset + 1}")))),
        Write = (path, offset) => Script($"{HashFunction}p={Sh(path)}; mkdir -p \"$(dirname \"$p\")\" && " + (offset == 0
            ? "cat >\"$p\" && { h \"$p\" || :; }"
            : string.Create(CultureInfo.InvariantCulture, $"{{ [ \"$(wc -c <\"$p\")\" -eq {offset} ] || {{ echo \"$p has changed\" >&2; exit 1; }}; }} && cat >>\"$p\" && {{ h \"$p\" || :; }}"))),
        Hash = path => Script($"{HashFunction}p={Sh(path)}; exec 3<\"$p\" || exit 1; h \"$p\" || exit {NoProgram}"),
        Move = (from, to) => Script($"t={Sh(to)}; [ ! -e \"$t\" ] || {{ echo \"$t: File exists\" >&2; exit 1; }}; mv {Sh(from)} \"$t\""),
        Resolve = path => Script(path.StartsWith('/') ? $"printf %s {Sh(path)}" : $"printf %s \"$PWD\"/{Sh(path)}"),
        Free = path => Script($"p={Sh(path)}; while [ ! -e \"$p\" ]; do p=$(dirname \"$p\"); done; df -Pk \"$p\" | sed -n '$s/.* \\([0-9][0-9]*\\)  *[0-9]*%.*/\\1/p'"),
        Wait = Script("exec cat >/dev/null"),
    };

    /// <summary>Windows PowerShell, started by whichever shell the machine has: an encoded command needs no quoting in cmd or PowerShell.</summary>
    public static RemoteCommands Windows { get; } = new(PathStyle.Windows)
    {
        // What cmd takes.
        LongestCommand = 8000,
        List = path => PowerShell($"$p={Ps(path)};if(!(Test-Path -LiteralPath $p)){{exit {NothingThere}}};$r=(Get-Item -LiteralPath $p -Force).FullName.TrimEnd('\\','/').Length+1;"
            + "Get-ChildItem -LiteralPath $p -Recurse -File -Force|%{$n=if($_.FullName.Length -gt $r){$_.FullName.Substring($r).Replace('\\','/')}else{''};$b=[Text.Encoding]::UTF8.GetBytes(\"$($_.Length) $n`0\");$o.Write($b,0,$b.Length)}"),
        Read = files => PowerShell("function ReadFrom($p,$f){$s=[IO.File]::OpenRead($p);$h=[Security.Cryptography.SHA256]::Create();$b=New-Object byte[] 1048576;"
            + "while(($n=$s.Read($b,0,$b.Length)) -gt 0){$null=$h.TransformBlock($b,0,$n,$null,0);$k=[math]::Max(0,$f-$s.Position+$n);if($k -lt $n){$o.Write($b,$k,$n-$k)}}$null=$h.TransformFinalBlock($b,0,0);$s.Dispose();WriteHash $h.Hash}"
            + string.Concat(files.Select(f => string.Create(CultureInfo.InvariantCulture, $";ReadFrom {Ps(f.Path)} {f.Offset}")))),
        Write = (path, offset) => PowerShell(string.Create(CultureInfo.InvariantCulture, $"$p={Ps(path)};$null=[IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($p));$s=[IO.File]::Open($p,'OpenOrCreate','Write');"
            + $"if($s.Length -lt {offset}){{throw \"$p has changed\"}};$s.SetLength({offset});$null=$s.Seek(0,'End');[Console]::OpenStandardInput().CopyTo($s,1048576);$s.Dispose();HashFile $p")),
        Hash = path => PowerShell($"HashFile {Ps(path)}"),
        Move = (from, to) => PowerShell($"$f={Ps(from)};$t={Ps(to)};if([IO.File]::Exists($f)){{[IO.File]::Move($f,$t)}}else{{[IO.Directory]::Move($f,$t)}}"),
        Resolve = path => PowerShell($"$b=[Text.Encoding]::UTF8.GetBytes([IO.Path]::GetFullPath([IO.Path]::Combine((Get-Location).Path,{Ps(path)})));$o.Write($b,0,$b.Length)"),
        Free = path => PowerShell($"$f='';try{{$f=[math]::Floor((New-Object IO.DriveInfo ([IO.Path]::GetPathRoot([IO.Path]::GetFullPath({Ps(path)})))).AvailableFreeSpace/1024)}}catch{{}};$b=[Text.Encoding]::ASCII.GetBytes(\"$f\");$o.Write($b,0,$b.Length)"),
        Wait = PowerShell("[Console]::OpenStandardInput().CopyTo([IO.Stream]::Null)"),
    };

    // openssl first: it uses the processor's instructions for it, four times as fast as the others.
    private const string HashFunction = "h() { for c in 'openssl dgst -sha256 -r' sha256sum 'shasum -a 256'; do command -v \"${c%% *}\" >/dev/null && $c <\"$1\" && return; done; false; }; ";

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
        "$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue';$o=[Console]::OpenStandardOutput();"
        + "function WriteHash($h){$b=[Text.Encoding]::ASCII.GetBytes([BitConverter]::ToString($h).Replace('-','').ToLower());$o.Write($b,0,$b.Length)};function HashFile($p){$s=[IO.File]::OpenRead($p);WriteHash ([Security.Cryptography.SHA256]::Create().ComputeHash($s));$s.Dispose()};"
        + "try{" + script + "}catch{[Console]::Error.WriteLine($_.Exception.GetBaseException().Message);exit 1}"));
}

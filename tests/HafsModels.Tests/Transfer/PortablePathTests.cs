using FsCheck;
using FsCheck.Fluent;
using HafsModels.Transfer;
using Xunit;

namespace HafsModels.Tests.Transfer;

public sealed class PortablePathTests
{
    [Theory]
    [InlineData(@"D:\hafs\a b", PathStyle.Windows, "D:/hafs/a b")]
    [InlineData("d:/hafs//x/./y", PathStyle.Windows, "D:/hafs/x/y")]
    [InlineData(@"D:\a\..\..\b", PathStyle.Windows, "D:/b")]
    [InlineData("D:", PathStyle.Windows, "D:/")]
    [InlineData(@"\\?\D:\a", PathStyle.Windows, "D:/a")]
    [InlineData(@"\\?\UNC\srv\s\a", PathStyle.Windows, "//srv/s/a")]
    [InlineData(@"\\srv\s", PathStyle.Windows, "//srv/s")]
    [InlineData(@"a\b", PathStyle.Windows, "a/b")]
    [InlineData("/d/a", PathStyle.GitBash, "D:/a")]
    [InlineData("/D", PathStyle.GitBash, "D:/")]
    [InlineData("//srv/s/a", PathStyle.GitBash, "//srv/s/a")]
    [InlineData("D:/a", PathStyle.GitBash, "D:/a")]
    [InlineData("/usr/bin", PathStyle.GitBash, "/usr/bin")]
    [InlineData("/mnt/d/a", PathStyle.Wsl, "D:/a")]
    [InlineData("/mnt/data/a", PathStyle.Wsl, "/mnt/data/a")]
    [InlineData("/home/../a", PathStyle.Posix, "/home/../a")]
    [InlineData("/mnt/d/a", PathStyle.Posix, "/mnt/d/a")]
    [InlineData(@"a\b", PathStyle.Posix, @"a\b")]
    [InlineData("./", PathStyle.Posix, ".")]
    public void Paths_of_every_style_are_understood(string text, PathStyle style, string expected) =>
        Assert.Equal(expected, PortablePath.Parse(text, style).ToString());

    [Theory]
    [InlineData(@"D:\a", PathStyle.Windows)]
    [InlineData("d:/a", PathStyle.Windows)]
    [InlineData(@"\\srv\s", PathStyle.Windows)]
    [InlineData(@"a\b", PathStyle.Windows)]
    [InlineData("/mnt/d/a", PathStyle.Wsl)]
    [InlineData("/mnt/d", PathStyle.Wsl)]
    [InlineData("/mnt/data", PathStyle.Posix)]
    [InlineData("/d/a", PathStyle.GitBash)]
    [InlineData("//srv/s", PathStyle.GitBash)]
    [InlineData("/data", PathStyle.Posix)]
    [InlineData("a/b", PathStyle.Posix)]
    public void A_style_shows_by_itself(string text, PathStyle style) => Assert.Equal(style, PortablePath.Detect(text));

    [Theory]
    [InlineData("", PathStyle.Posix)]
    [InlineData("a\0b", PathStyle.Posix)]
    [InlineData("D:a", PathStyle.Windows)]
    [InlineData(@"\a", PathStyle.Windows)]
    [InlineData(@"\\srv", PathStyle.Windows)]
    [InlineData(@"\\.\PhysicalDrive0", PathStyle.Windows)]
    public void What_depends_on_the_current_folder_or_names_a_device_is_refused(string text, PathStyle style) =>
        Assert.Equal("PathInvalid", Assert.Throws<HafsException>(() => PortablePath.Parse(text, style)).Id);

    [Theory]
    [InlineData("con")]
    [InlineData("NUL.txt")]
    [InlineData("a.")]
    [InlineData("a ")]
    [InlineData("a:b")]
    [InlineData(@"a\b")]
    [InlineData("a\u0001")]
    public void A_name_that_cannot_be_on_Windows_is_refused_there_and_kept_elsewhere(string name)
    {
        PortablePath path = PortablePath.Parse(name, PathStyle.Posix);
        Assert.Equal("PathNotOnWindows", Assert.Throws<HafsException>(() => path.Write(PathStyle.Windows)).Id);
        Assert.Equal(name, path.Write(PathStyle.Posix));
    }

    // hafs maps D:/hafs_training by a comparison of letters: D:/hafs_training2/a became <mount>/2/a, and D:\… and d:/… missed the mount.
    [Theory]
    [InlineData("D:/hafs_training/models/a", "/Users/me/Mounts/training/models/a")]
    [InlineData(@"D:\hafs_training\models\a b", "/Users/me/Mounts/training/models/a b")]
    [InlineData("d:/HAFS_Training", "/Users/me/Mounts/training/")]
    [InlineData("D:/hafs_training2/a", null)]
    [InlineData("D:/hafs_training/../secret", null)]
    [InlineData("D:/hafs_training/inner/a", "/Volumes/inner/a")]
    public void A_mount_holds_what_lies_in_its_folder_and_nothing_beside_it(string remote, string? local)
    {
        var mounts = new PathMounts([PathMount.Create("training", "/Users/me/Mounts/training", "D:/hafs_training"), PathMount.Create("inner", "/Volumes/inner", @"D:\hafs_training\inner\")]);
        PortablePath? mapped = mounts.ToLocal(PortablePath.Parse(remote, PathStyle.Windows));
        Assert.Equal(local?.TrimEnd('/'), mapped?.Write(PathStyle.Posix));
    }

    [Fact]
    public void A_posix_path_that_climbs_is_in_no_mount() =>
        Assert.Null(new PathMounts([PathMount.Create("m", "/Volumes/m", "D:/m")]).ToRemote(PortablePath.Parse("/Volumes/m/../x", PathStyle.Posix)));

    // The laws. Each is tried on random paths; HAFS_TEST_CASES says how many.
    private static readonly Config Cases = Config.QuickThrowOnFailure.WithMaxTest(int.Parse(Environment.GetEnvironmentVariable("HAFS_TEST_CASES") ?? "500", System.Globalization.CultureInfo.InvariantCulture));

    private static readonly Gen<string> Names = Gen.Elements("a", "A", "B b", "modèle", "x.y", "-", "mnt", "d", "c", "training", "training2", "'q'", "$x", "100", "中").Or(
        Gen.Elements('a', 'Z', '7', ' ', '_', 'é').NonEmptyListOf().Resize(6).Select(c => new string([.. c]).Trim()).Where(s => s.Length > 0));

    private static readonly Gen<string> Tails = Names.ArrayOf().Resize(5).Select(n => string.Join('/', n));

    private static readonly Gen<PortablePath> Drives = Gen.Zip(Gen.Elements("C", "d", "Z"), Tails, (l, t) => PortablePath.Parse($"{l}:/{t}", PathStyle.Windows));
    private static readonly Gen<PortablePath> Shares = Gen.Zip(Gen.Elements("srv/s", "SRV/S", "10.0.0.1/c$"), Tails, (s, t) => PortablePath.Parse($"//{s}/{t}", PathStyle.Windows));
    private static readonly Gen<PortablePath> Relatives = Gen.Zip(Names, Tails, (n, t) => PortablePath.Parse($"{n}/{t}", PathStyle.Posix));
    private static readonly Gen<PortablePath> Rooted = Tails.Select(t => PortablePath.Parse("/" + t, PathStyle.Posix));
    private static readonly Gen<PortablePath> Any = Gen.OneOf(Drives, Shares, Relatives, Rooted);
    private static readonly Gen<PathStyle> Styles = Gen.Elements(Enum.GetValues<PathStyle>());

    private static PortablePath Trip(PortablePath path, PathStyle style) => PortablePath.Parse(path.Write(style), style);

    private static void Law<T>(Gen<T> values, Func<T, bool> holds) => Check.One(Cases, Prop.ForAll(values.ToArbitrary(), holds));

    private static void Law<T1, T2>(Gen<T1> first, Gen<T2> second, Func<T1, T2, bool> holds) => Law(Gen.Zip(first, second, (a, b) => (a, b)), x => holds(x.a, x.b));

    [Fact]
    public void A_drive_goes_through_Windows_and_back() => Law(Drives, p => Trip(p, PathStyle.Windows).Equals(p));

    [Fact]
    public void A_drive_goes_through_Git_Bash_and_back() => Law(Drives, p => Trip(p, PathStyle.GitBash).Equals(p));

    [Fact]
    public void A_drive_goes_through_WSL_and_back() => Law(Drives, p => Trip(p, PathStyle.Wsl).Equals(p));

    [Fact]
    public void A_share_goes_through_Windows_and_back() => Law(Shares, p => Trip(p, PathStyle.Windows).Equals(p));

    [Fact]
    public void A_share_goes_through_Git_Bash_and_back() => Law(Shares, p => Trip(p, PathStyle.GitBash).Equals(p));

    [Fact]
    public void A_posix_path_goes_through_posix_and_back() => Law(Rooted, p => Trip(p, PathStyle.Posix).Equals(p));

    [Fact]
    public void A_relative_path_goes_through_every_style_and_back() => Law(Relatives, Styles, (p, s) => Trip(p, s).Equals(p));

    [Fact]
    public void What_can_be_written_reads_back_equal_in_every_style() => Law(Any, Styles, (p, s) => !CanWrite(p, s) || Trip(p, s).Equals(p));

    [Fact]
    public void Writing_what_was_read_is_stable() => Law(Any, Styles, (p, s) => !CanWrite(p, s) || Trip(p, s).Write(s) == p.Write(s));

    [Fact]
    public void A_chain_of_styles_keeps_a_drive() => Law(Drives, Styles.ArrayOf(4), (p, chain) => chain.Where(s => s != PathStyle.Posix).Aggregate(p, Trip).Equals(p));

    [Fact]
    public void A_drive_is_recognized_however_it_is_spelled() => Law(Drives, p => new[] { PathStyle.Windows, PathStyle.GitBash, PathStyle.Wsl }.All(s => PortablePath.Detect(p.Write(s)) == s));

    [Fact]
    public void Slashes_and_backslashes_mean_the_same_on_Windows() => Law(Drives, p => PortablePath.Parse(p.Write(PathStyle.Windows).Replace('\\', '/'), PathStyle.Windows).Equals(p));

    [Fact]
    public void Case_does_not_count_on_drives_and_shares() => Law(Gen.OneOf(Drives, Shares), p => PortablePath.Parse(p.Write(PathStyle.Windows).ToUpperInvariant(), PathStyle.Windows).Equals(p));

    [Fact]
    public void Case_counts_on_posix() => Law(Rooted, p => PortablePath.Parse(p.Write(PathStyle.Posix).ToUpperInvariant(), PathStyle.Posix).Equals(p) == p.ToString().All(c => char.ToUpperInvariant(c) == c));

    [Fact]
    public void Equal_paths_have_equal_hashes() => Law(Gen.OneOf(Drives, Shares), p => PortablePath.Parse(p.Write(PathStyle.Windows).ToLowerInvariant(), PathStyle.Windows).GetHashCode() == p.GetHashCode());

    [Fact]
    public void A_trailing_separator_does_not_count() => Law(Any, p => PortablePath.Parse(p + "/", StyleOf(p)).Equals(p));

    [Fact]
    public void Doubled_separators_and_dots_do_not_count() => Law(Drives, p => PortablePath.Parse(p.ToString().Replace("/", "/.//", StringComparison.Ordinal), PathStyle.Windows).Equals(p));

    [Fact]
    public void On_a_drive_going_down_and_up_stays() => Law(Drives, Names, (p, n) => PortablePath.Parse($"{p}/{n}/..", PathStyle.Windows).Equals(p));

    [Fact]
    public void Every_path_lies_within_itself() => Law(Any, p => p.IsWithin(p));

    [Fact]
    public void What_is_appended_lies_within() => Law(Any, Names, (p, n) => Append(p, n).IsWithin(p) && !p.IsWithin(Append(p, n)));

    [Fact]
    public void A_longer_name_is_another_folder() => Law(Gen.OneOf(Drives, Rooted).Where(p => p.Segments.Length > 0), p => !PortablePath.Parse(p + "2", StyleOf(p)).IsWithin(p));

    [Fact]
    public void Lying_within_is_transitive() => Law(Any, Names, (p, n) => Append(Append(p, n), n).IsWithin(p));

    [Fact]
    public void Rebasing_there_and_back_is_the_same() => Law(Gen.OneOf(Drives, Shares), Gen.Zip(Rooted, Names, (r, n) => (r, n)), (folder, x) => Append(folder, x.n).Rebase(folder, x.r).Rebase(x.r, folder).Equals(Append(folder, x.n)));

    [Fact]
    public void A_mount_maps_there_and_back() => Law(Drives, Gen.Zip(Rooted, Names, (r, n) => (r, n)), (remote, x) =>
    {
        var mounts = new PathMounts([new PathMount("m", x.r, remote)]);
        PortablePath path = Append(remote, x.n);
        return mounts.ToRemote(mounts.ToLocal(path)!)!.Equals(path);
    });

    [Fact]
    public void The_innermost_mount_counts() => Law(Drives, Gen.Zip(Names, Names, (a, b) => (a, b)), (remote, x) =>
    {
        PathMount outer = new("o", PortablePath.Parse("/outer", PathStyle.Posix), remote), inner = new("i", PortablePath.Parse("/inner", PathStyle.Posix), Append(remote, x.a));
        return new PathMounts([outer, inner]).ToLocal(Append(inner.Remote, x.b))!.IsWithin(inner.Local) && new PathMounts([inner, outer]).ToLocal(Append(inner.Remote, x.b))!.IsWithin(inner.Local);
    });

    [Fact]
    public void Reading_any_text_gives_a_path_or_a_clear_refusal() => Law(ArbMap.Default.GeneratorFor<string>().Where(s => s is not null), Styles, (text, style) =>
    {
        try
        {
            PortablePath.Parse(text, style);
            return true;
        }
        catch (HafsException e)
        {
            return e.Id == "PathInvalid";
        }
    });

    private static PathStyle StyleOf(PortablePath path) => path.IgnoresCase ? PathStyle.Windows : PathStyle.Posix;

    private static PortablePath Append(PortablePath path, string name) => PortablePath.Parse($"{path.ToString().TrimEnd('/')}/{name}", StyleOf(path));

    private static bool CanWrite(PortablePath path, PathStyle style)
    {
        try
        {
            path.Write(style);
            return true;
        }
        catch (HafsException)
        {
            return false;
        }
    }
}

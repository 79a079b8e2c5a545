namespace HafsModels.Measurement.Reports;

/// <summary>
/// Colours and type of the report, light and dark by the reader's preference. Plain classes without variables, so that viewers which are no
/// browsers draw the light one. The ramp's lightness is monotone in both: it reads in grey and to eyes that do not tell red from green.
/// </summary>
internal static class ReportStyle
{
    private static readonly string[] LightRamp = ["#fdf1e0", "#fbdfbb", "#f8c792", "#f2a968", "#e88a48", "#d66c33", "#b95124", "#963c1a", "#6f2a13"];
    private static readonly string[] DarkRamp = ["#33231a", "#4a2e1f", "#663b24", "#854b2a", "#a65f33", "#c67842", "#de9659", "#efb67d", "#f9d7ac"];

    /// <summary>The rules for pictures.</summary>
    public static string Picture { get; } =
        "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-size:12px;fill:#262220}"
        + ".title{font-size:22px;font-weight:650}.subtitle,.note{fill:#5f5853}.heading{font-size:15px;font-weight:600}.axis{font-size:11px;fill:#6d655f}"
        + ".label{font-size:12px}.value{fill:#4b4541}.cell{font-size:11px}.on-low{fill:#3b2a1e}.on-high{fill:#fff}.rule{stroke:#e5ded7;stroke-width:1}"
        + ".paper{fill:#fff}.exact{fill:#e6edf1}.unknown{fill:#d6d3d1}.size{fill:#4c7a92}" + Ramp(LightRamp)
        + "@media(prefers-color-scheme:dark){text{fill:#f1ece7}.subtitle,.note{fill:#b5aca4}.axis{fill:#a79e96}.value{fill:#d3cbc4}.on-low{fill:#f3e3d4}.on-high{fill:#21150d}"
        + ".rule{stroke:#3a3430}.paper{fill:#171412}.exact{fill:#27333a}.unknown{fill:#44403c}.size{fill:#6ba3bf}" + Ramp(DarkRamp) + "}";

    /// <summary>The rules for the page around them.</summary>
    public static string Page { get; } =
        "body{margin:0 auto;padding:24px;max-width:1040px;background:#fff;color:#262220;font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}"
        + "svg{width:100%;height:auto;display:block}summary{cursor:pointer;font-weight:600;margin:8px 0}div.table{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:12px}"
        + "th,td{padding:3px 6px;text-align:right;border-bottom:1px solid #eee7e0;white-space:nowrap;font-variant-numeric:tabular-nums}"
        + "th:first-child,td:first-child,th:nth-child(2),td:nth-child(2),th:nth-child(3),td:nth-child(3){text-align:left}footer{color:#5f5853;margin-top:16px}"
        + "@media(prefers-color-scheme:dark){body{background:#171412;color:#f1ece7}th,td{border-color:#3a3430}footer{color:#b5aca4}}";

    private static string Ramp(string[] colours) => string.Concat(colours.Select((colour, i) => $".c{i}{{fill:{colour}}}"));
}

<#
.SYNOPSIS
    Prints how long the packaged module takes to import beside an empty one, medians of new processes. A benchmark, not a test.
#>
[CmdletBinding()]
param([int] $Repetitions = 7)

$ErrorActionPreference = 'Stop'
$root = (Resolve-Path "$PSScriptRoot/../..").Path
$empty = New-Item -ItemType Directory -Path (Join-Path ([IO.Path]::GetTempPath()) "empty-$([guid]::NewGuid())")
try {
    $builder = [Reflection.Emit.PersistedAssemblyBuilder]::new([Reflection.AssemblyName]::new('Empty'), [object].Assembly)
    $null = $builder.DefineDynamicModule('Empty')
    $builder.Save("$empty/Empty.dll")
    New-ModuleManifest -Path "$empty/Empty.psd1" -RootModule Empty.dll -CmdletsToExport @() -FunctionsToExport @() -AliasesToExport @() -VariablesToExport @()
    foreach ($case in @(
            @{ Name = 'assembly'; Ours = "$root/out/HafsModels/bin/HafsModels.PowerShell.dll"; Empty = "$empty/Empty.dll" }
            @{ Name = 'manifest'; Ours = "$root/out/HafsModels/HafsModels.psd1"; Empty = "$empty/Empty.psd1" }
        )) {
        $times = foreach ($path in $case.Ours, $case.Empty) {
            $all = 1..$Repetitions | ForEach-Object { [double](pwsh -NoProfile -c "(Measure-Command { Import-Module '$path' }).TotalMilliseconds") } | Sort-Object
            $all[[int][Math]::Floor($Repetitions / 2)]
        }
        [pscustomobject]@{ Import = $case.Name; Milliseconds = $times[0]; EmptyMilliseconds = $times[1]; Ratio = [Math]::Round($times[0] / $times[1], 2) }
    }
}
finally { Remove-Item -Recurse -Force $empty }

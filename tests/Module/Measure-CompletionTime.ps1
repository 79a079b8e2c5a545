<#
.SYNOPSIS
    Prints how long the packaged module takes to complete the id of a model, and to list models, in a registry of many. A benchmark, not a test.
#>
[CmdletBinding()]
param([int] $Models = 10000, [int] $Repetitions = 15)

$ErrorActionPreference = 'Stop'
$root = (Resolve-Path "$PSScriptRoot/../..").Path
Import-Module "$root/out/HafsModels/HafsModels.psd1" -Force
$folder = New-Item -ItemType Directory -Path (Join-Path ([IO.Path]::GetTempPath()) "many-$([guid]::NewGuid())")
try {
    $env:HAFS_REGISTRY = "$folder/registry.json"
    $gguf = New-Item "$folder/model-00000.gguf"
    $null = Register-Model "$root/tests/models/kjv-llama" -Id model-00000
    $record = (Get-Content -Raw $env:HAFS_REGISTRY | ConvertFrom-Json -AsHashtable).models['model-00000'] | ConvertTo-Json -Depth 9
    $all = foreach ($i in 0..($Models - 1)) {
        $id = 'model-{0:00000}' -f $i
        $role = @('asm', 'debug')[$i % 2]
        '"{0}": {1}' -f $id, $record.Replace('model-00000', $id).Replace('"role": "general"', '"role": "' + $role + '"')
    }
    Set-Content $env:HAFS_REGISTRY ('{"version": "1.0", "models": {' + ($all -join ",`n") + '}}')
    foreach ($case in @(
            @{ Name = 'completion of an id'; Work = { TabExpansion2 'Get-Model model-001' 19 }; Count = { $_.CompletionMatches.Count } }
            @{ Name = 'completion of any id'; Work = { TabExpansion2 'Get-Model ' 10 }; Count = { $_.CompletionMatches.Count } }
            @{ Name = 'list with filters'; Work = { Get-Model model-0* -Role asm }; Count = { $_.Count } }
        )) {
        $result = & $case.Work
        $times = 1..$Repetitions | ForEach-Object { (Measure-Command $case.Work).TotalMilliseconds } | Sort-Object
        [pscustomobject]@{ What = $case.Name; Results = $(, $result | ForEach-Object $case.Count); Milliseconds = [Math]::Round($times[[int][Math]::Floor($Repetitions / 2)], 1); Best = [Math]::Round($times[0], 1); Worst = [Math]::Round($times[-1], 1) }
    }
}
finally { Remove-Item -Recurse -Force $folder; Remove-Item Env:/HAFS_REGISTRY }

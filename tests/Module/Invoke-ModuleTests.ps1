<#
.SYNOPSIS
    Runs the Pester suites against the packaged module and counts the results.
.PARAMETER CountFile
    Takes "PASSED FAILED SKIPPED" on one line.
#>
[CmdletBinding()]
param([string] $CountFile)

$ErrorActionPreference = 'Stop'
Import-Module Pester -MinimumVersion 5.0
$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$result = Invoke-Pester -Configuration $configuration
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
if ($CountFile) { "$($result.PassedCount) $failed $($result.SkippedCount)" | Set-Content -Path $CountFile }
if ($failed -gt 0) { exit 1 }

BeforeAll {
    Import-Module "$PSScriptRoot/TestModule.psm1" -Force
    Import-TestedModule
}

Describe 'Care for the registry' {
    BeforeAll {
        $test = New-TestRegistry 'kjv-llama'
        $null = Register-Model $test.Model -Registry $test.Registry
    }
    AfterAll { Remove-Item -Recurse -Force $test.Folder }

    It 'goes back to a backup, and -WhatIf does not' {
        Set-Model kjv-llama -Registry $test.Registry -Notes 'second'
        Set-Model kjv-llama -Registry $test.Registry -Notes 'third'
        $backups = Get-ModelRegistryBackup -Registry $test.Registry
        $backups.Count | Should -BeGreaterOrEqual 2
        $backups[0].Changes[0].Keys | Should -Contain 'notes'
        Restore-ModelRegistry -Registry $test.Registry -WhatIf
        (Get-Model kjv-llama -Registry $test.Registry).Notes | Should -Be 'third'
        $backups[0] | Restore-ModelRegistry -Registry $test.Registry -Confirm:$false | ForEach-Object ModelId | Should -Be 'kjv-llama'
        (Get-Model kjv-llama -Registry $test.Registry).Notes | Should -Be 'second'
    }

    It 'backs up to a file of your own' {
        $file = Backup-ModelRegistry "$($test.Folder)/mine.json" -Registry $test.Registry
        $file.FullName | Should -Exist
        (Get-Model -Registry $file.FullName).Id | Should -Be 'kjv-llama'
    }

    It 'restores a registry that cannot be read' {
        Set-Content $test.Registry '{ damaged'
        { Get-Model -Registry $test.Registry -ErrorAction Stop } | Should -Throw
        Restore-ModelRegistry -Registry $test.Registry -Confirm:$false
        (Get-Model -Registry $test.Registry).Id | Should -Be 'kjv-llama'
    }

    It 'mends what hafs would stumble over' {
        $json = Get-Content -Raw $test.Registry | ConvertFrom-Json -AsHashtable
        $json.models['kjv-llama']['surprise'] = 1
        $json | ConvertTo-Json -Depth 20 | Set-Content $test.Registry
        Repair-ModelRegistry -Registry $test.Registry -WhatIf
        (Get-Content -Raw $test.Registry) | Should -Match 'surprise'
        (Repair-ModelRegistry -Registry $test.Registry -WarningAction SilentlyContinue).Key | Should -Contain 'surprise'
        (Get-Content -Raw $test.Registry) | Should -Not -Match 'surprise'
        Repair-ModelRegistry -Registry $test.Registry | Should -BeNullOrEmpty
    }

    It 'knows versions, aliases and parents' {
        $model = Set-Model kjv-llama -Registry $test.Registry -Family kjv -Version v1.2.0 -AddAlias production -AddParent @{ Adapter = 'kjv-llama-lora'; Merge = 'a', 'b' } -PassThru
        $model.Aliases | Should -Be 'production'
        (Get-Model kjv@production -Registry $test.Registry).Id | Should -Be 'kjv-llama'
        (Get-Model kjv@v1 -Registry $test.Registry).Id | Should -Be 'kjv-llama'
        $links = Get-ModelLineage kjv@latest -Registry $test.Registry -SvgPath "$($test.Folder)/lineage.svg"
        ($links | Where-Object Relation -EQ merge).From | Should -Be @('a', 'b')
        ([xml](Get-Content -Raw "$($test.Folder)/lineage.svg")).svg.title | Should -Be 'Lineage of kjv-llama'
        (Set-Model kjv-llama -Registry $test.Registry -RemoveAlias production -RemoveParent a -PassThru).Parents.Reference | Should -Not -Contain 'a'
        { Set-Model kjv-llama -Registry $test.Registry -AddParent @{ Uncle = 'x' } -ErrorAction Stop } | Should -Throw '*no kind of parent*'
    }

    It 'tells drift of an artifact' {
        $artifact = ConvertTo-Gguf kjv-llama -Registry $test.Registry -Quantization Q8_0 -SkipVerification
        Test-Model kjv-llama -Registry $test.Registry -Quiet | Should -BeTrue
        $bytes = [IO.File]::ReadAllBytes($artifact.Path)
        $bytes[-1] = $bytes[-1] -bxor 1
        [IO.File]::WriteAllBytes($artifact.Path, $bytes)
        $checks = Get-Model -Registry $test.Registry | Test-Model
        ($checks | Where-Object Kind -EQ artifact).Status | Should -Be 'Changed'
        ($checks | Where-Object Kind -EQ source).Status | Should -Be 'Unchanged'
        Remove-Item $artifact.Path
        (Test-Model kjv-llama -Registry $test.Registry | Where-Object Kind -EQ artifact).Status | Should -Be 'Missing'
        Test-Model kjv-llama -Registry $test.Registry -Quiet | Should -BeFalse
    }

    It 'tells drift of the weights an artifact was made from' {
        $null = ConvertTo-Gguf kjv-llama -Registry $test.Registry -Quantization Q8_0 -SkipVerification -Force
        $weights = "$($test.Model)/model.safetensors"
        $bytes = [IO.File]::ReadAllBytes($weights)
        $bytes[-1] = $bytes[-1] -bxor 1
        [IO.File]::WriteAllBytes($weights, $bytes)
        $changed = Test-Model kjv-llama -Registry $test.Registry | Where-Object Status -EQ Changed
        $changed.Kind, (Split-Path -Leaf $changed.Path) | Should -Be 'source', 'model.safetensors'
    }

    It 'compares two models' {
        $null = Register-Model $test.Model -Registry $test.Registry -Id other
        Set-Model other -Registry $test.Registry -Notes 'another'
        $all = Compare-Model kjv-llama other -Registry $test.Registry
        ($all | Where-Object Name -EQ notes).Difference | Should -Be 'another'
        $all | Where-Object Section -EQ config | Should -BeNullOrEmpty
        (Get-Model other -Registry $test.Registry | Compare-Model kjv-llama -IncludeEqual | Where-Object Name -EQ hidden_size).IsEqual | Should -BeTrue
    }
}

Describe 'Paths of other systems' {
    It 'writes <Path> as <To>: <Expected>' -TestCases @(
        @{ Path = 'D:\models\a b'; To = 'Wsl'; Expected = '/mnt/d/models/a b' }
        @{ Path = '/mnt/d/models'; To = 'Windows'; Expected = 'D:\models' }
        @{ Path = '\\nas\share\m'; To = 'GitBash'; Expected = '//nas/share/m' }
    ) {
        Resolve-ModelPath $Path -To $To | Should -Be $Expected
    }

    It 'goes through mounts and quotes' {
        'd:/models/my model', 'D:\models2\x' | Resolve-ModelPath -To Posix -Mount @{ 'D:\models' = '/mnt/rig' } -QuoteFor Posix -ErrorVariable problem -ErrorAction SilentlyContinue |
            Should -Be "'/mnt/rig/my model'"
        $problem[0].FullyQualifiedErrorId | Should -Match 'PathHasNoPlace'
    }

    It 'knows the mounts of sync.toml, and tells which line is wrong' {
        $env:HAFS_SYNC_CONFIG = "$TestDrive/sync.toml"
        try {
            Set-Content $env:HAFS_SYNC_CONFIG "[mounts.rig]`nlocal_path = '/mnt/rig'`nremote_path = 'D:\models'"
            Resolve-ModelPath 'D:/models/kjv' -To Posix | Should -Be '/mnt/rig/kjv'
            Resolve-ModelPath 'D:/models/kjv' -To Wsl -Mount @{} | Should -Be '/mnt/d/models/kjv'
            Set-Content $env:HAFS_SYNC_CONFIG '[mounts.rig]', 'local_path = D:\models'
            { Resolve-ModelPath 'D:/models/kjv' -ErrorAction Stop } | Should -Throw '*line 2, column*'
        }
        finally { Remove-Item Env:HAFS_SYNC_CONFIG }
    }
}

Describe 'A copy of the registry' {
    It 'goes to another file, and not over one that holds models' {
        $test = New-TestRegistry 'kjv-qwen2'
        $null = Register-Model $test.Model -Registry $test.Registry
        Copy-ModelRegistry "$($test.Folder)/copy.json" -Registry $test.Registry -WhatIf
        "$($test.Folder)/copy.json" | Should -Not -Exist
        (Copy-ModelRegistry "$($test.Folder)/copy.json" -Registry $test.Registry).ModelId | Should -Be 'kjv-qwen2'
        (Get-Model -Registry "$($test.Folder)/copy.json").Id | Should -Be 'kjv-qwen2'
        { Copy-ModelRegistry "$($test.Folder)/copy.json" -Registry $test.Registry -ErrorAction Stop } | Should -Throw '*holds 1 models already*'
        Remove-Item -Recurse -Force $test.Folder
    }

    It 'loads the database client apart and says when there is no server' {
        { Get-Model -Registry 'postgres://nobody@127.0.0.1:9/none' -ErrorAction Stop } | Should -Throw '*127.0.0.1:9*'
        [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies | Where-Object { $_.GetName().Name -eq 'Npgsql' } | Should -BeNullOrEmpty
        (Get-Model -Registry 'postgres://u:secret@h/d' -ErrorAction SilentlyContinue -ErrorVariable problem)
        "$problem" | Should -Not -Match 'secret'
    }
}

Describe 'Watching for training runs' {
    BeforeAll {
        $test = New-TestRegistry 'kjv-llama'
        $runs = New-Item -ItemType Directory "$($test.Folder)/runs"
    }
    AfterAll { Remove-Item -Recurse -Force $test.Folder }

    It 'registers a run that ends while it waits, converts it, and ends with the pipeline' {
        $source = $test.Model
        $writer = Start-ThreadJob {
            $run = New-Item -ItemType Directory "$using:runs/kjv"
            Get-ChildItem $using:source -Exclude trainer_state.json | Copy-Item -Destination $run
            Start-Sleep 1
            Copy-Item "$using:source/trainer_state.json" $run
        }
        $model, $file = Register-Model -Watch $runs -ConvertTo Q8_0 -QuietSeconds 1 -Tag new -Registry $test.Registry | Select-Object -First 2
        $writer | Receive-Job -Wait -AutoRemoveJob
        $model.Id | Should -Be 'kjv'
        $model.Tags | Should -Be 'new'
        $file.Quantization | Should -Be 'Q8_0'
        $file.Path | Should -Exist
    }

    It 'passes over what is registered, tells what cannot be, and -WhatIf does nothing' {
        Copy-Item -Recurse $test.Model "$runs/other"
        $null = New-Item -ItemType Directory "$runs/empty"
        Set-Content "$runs/empty/trainer_state.json" '{"global_step": 1, "max_steps": 1}'
        Register-Model -Watch $runs -Once -QuietSeconds 0 -Registry $test.Registry -WhatIf | Should -BeNullOrEmpty
        $models = Register-Model -Watch $runs -Once -QuietSeconds 0 -Registry $test.Registry -ErrorAction SilentlyContinue -ErrorVariable problems
        $models.Id | Should -Be 'other'
        $problems.FullyQualifiedErrorId | Should -Be 'FolderHoldsNoModel,HafsModels.PowerShell.Commands.RegisterModelCommand'
        (Get-Model -Registry $test.Registry).Id | Should -Be 'kjv', 'other'
    }
}

Describe 'Models that move' {
    BeforeAll {
        $test = New-TestRegistry 'kjv-llama'
        $env:HAFS_SYNC_CONFIG = "$($test.Folder)/sync.toml"
        $mount = New-Item -ItemType Directory "$($test.Folder)/mount"
        Set-Content $env:HAFS_SYNC_CONFIG "[hosts.rig]`nhostname = 'rig.invalid'", "[mounts.rig]`nlocal_path = '$mount'`nremote_path = 'D:\models'", "[preferences]`nretry_on_failure = false"
        $null = Register-Model $test.Model -Registry $test.Registry
    }
    AfterAll {
        Remove-Item Env:HAFS_SYNC_CONFIG
        Remove-Item -Recurse -Force $test.Folder
    }

    It 'are sent and received through a mount, whole, and the registry tells where they are' {
        Send-Model kjv-llama 'rig:D:\models\kjv' -Registry $test.Registry -WhatIf
        "$mount/kjv" | Should -Not -Exist
        $sent = Send-Model kjv-llama 'rig:D:\models\kjv' -Registry $test.Registry
        $sent.Method, $sent.Path | Should -Be 'mount', 'D:\models\kjv'
        $received = Get-Model kjv-llama -Registry $test.Registry | Receive-Model -Source rig -Destination "$($test.Folder)/back" -Location laptop
        $received.Bytes | Should -Be $sent.Bytes
        foreach ($file in Get-ChildItem -File $test.Model) {
            (Get-FileHash "$($test.Folder)/back/$($file.Name)").Hash | Should -Be (Get-FileHash $file).Hash
        }
        $locations = (Get-Model kjv-llama -Registry $test.Registry).Locations
        $locations['rig'], $locations['laptop'] | Should -Be 'D:\models\kjv', "$($test.Folder)/back"
    }

    It 'stay unrecorded when the machine is not there' {
        { Send-Model kjv-llama 'rig:E:\elsewhere' -Location far -Registry $test.Registry -ErrorAction Stop } | Should -Throw '*rig*'
        (Get-Model kjv-llama -Registry $test.Registry).Locations.Keys | Should -Not -Contain 'far'
    }
}

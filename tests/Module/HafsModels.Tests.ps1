BeforeAll {
    Import-Module "$PSScriptRoot/TestModule.psm1" -Force
    Import-TestedModule
}

Describe 'The module' {
    It 'exports exactly what its manifest names' {
        $manifest = Import-PowerShellDataFile "$(Get-RepositoryRoot)/HafsModels.psd1"
        (Get-Command -Module HafsModels).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
    }

    It 'imports from the packaged folder as well' {
        $output = pwsh -NoProfile -c "Import-Module '$(Get-RepositoryRoot)/out/HafsModels/HafsModels.psd1'; (Get-Command -Module HafsModels).Count"
        $output | Should -Be (Import-PowerShellDataFile "$(Get-RepositoryRoot)/HafsModels.psd1").CmdletsToExport.Count
    }

    It 'uses approved verbs' {
        $approved = (Get-Verb).Verb
        foreach ($command in Get-Command -Module HafsModels) { $command.Verb | Should -BeIn $approved }
    }

    It 'has help with a synopsis and examples for every cmdlet' {
        # PowerShell looks for help beside the manifest that was imported: the packaged one.
        $lines = pwsh -NoProfile -c "Import-Module '$(Get-RepositoryRoot)/out/HafsModels/HafsModels.psd1'; Get-Command -Module HafsModels | ForEach-Object { `$h = Get-Help `$_.Name -Full; `$_.Name + '|' + `$h.Synopsis + '|' + @(`$h.examples.example).Count }"
        $lines.Count | Should -Be (Import-PowerShellDataFile "$(Get-RepositoryRoot)/HafsModels.psd1").CmdletsToExport.Count
        foreach ($line in $lines) {
            $name, $synopsis, $examples = $line -split '\|'
            $synopsis | Should -Match '^[A-Z].+\.$' -Because $name
            [int]$examples | Should -BeGreaterThan 1 -Because $name
        }
    }
}

Describe 'The straight path' {
    BeforeAll { $test = New-TestRegistry 'kjv-llama' }
    AfterAll { Remove-Item -Recurse -Force $test.Folder }

    It 'registers a model from its own files' {
        $model = Register-Model $test.Model -Registry $test.Registry -Role bible -Tag bible, demo
        $model | Should -BeOfType HafsModels.Registry.Model
        $model.Id | Should -Be 'kjv-llama'
        $model.EvalLoss | Should -BeGreaterThan 3
        Test-Path $test.Registry | Should -BeTrue
    }

    It 'runs the one-liner of the README' {
        $result = Get-Model kjv* -Registry $test.Registry | ConvertTo-Gguf -Quantization Q4_K_M | Publish-Model -Backend Embedded | Test-ModelDeployment
        $result | Should -BeOfType HafsModels.Registry.DeploymentTest
        $result.Passed | Should -BeTrue -Because $result.Message
        $result.Fidelity.MeanKlDivergence | Should -BeLessThan 0.01
        $result.Answers.Count | Should -BeGreaterThan 0
    }

    It 'shows the result in the registry' {
        $model = Get-Model kjv-llama -Registry $test.Registry
        $model.Artifacts.Count | Should -Be 1
        $model.DeployedBackends | Should -Contain 'embedded'
        $model.Formats | Should -Contain 'gguf'
    }

    It 'looks into the GGUF file' {
        $info = Get-Model kjv-llama -Registry $test.Registry | Select-Object -ExpandProperty Artifacts | Get-GgufInfo
        $info.Architecture | Should -Be 'llama'
        $info.Metadata['llama.block_count'] | Should -Be 4
        $info.Tensors.Count | Should -Be 39
    }

    It 'works out the size of every quantization' {
        $all = Get-ModelQuantization -Id kjv-llama -Registry $test.Registry
        $all.Count | Should -BeGreaterThan 10
        $all | Where-Object NeedsImportance -EQ $false | ForEach-Object { $_.SizeBytes | Should -BeGreaterThan 0 }
        (Get-ModelQuantization q4km).Name | Should -Be 'Q4_K_M'
        (Get-ModelQuantization 'Q5*').Name | Should -Contain 'Q5_K_M'
    }

    It 'changes and filters' {
        Set-Model kjv-llama -Registry $test.Registry -AddTag new -RemoveTag demo -PassThru | ForEach-Object Tags | Should -Be @('bible', 'new')
        (Get-Model -Tag new -Format gguf -Registry $test.Registry).Id | Should -Be 'kjv-llama'
        Get-Model -Role asm -Registry $test.Registry | Should -BeNullOrEmpty
    }

    It 'forgets a model and keeps its files' {
        Unregister-Model kjv-llama -Registry $test.Registry -Force
        Get-Model -Registry $test.Registry | Should -BeNullOrEmpty
        Test-Path "$($test.Model)/config.json" | Should -BeTrue
    }
}

Describe 'Private dependencies' {
    BeforeAll {
        $test = New-TestRegistry 'kjv-llama'
        Remove-Item (Join-Path $test.Model 'tokenizer.json')
        Copy-Item "$(Get-RepositoryRoot)/tests/HafsModels.Tests/Tokenizers/SentencePiece/bpe.model" (Join-Path $test.Model 'tokenizer.model')
        Set-Content (Join-Path $test.Model 'README.md') "---`nlicense: mit`nbase_model: org/base-1b`n---"
        '{}' | Set-Content (Join-Path $test.Model 'tokenizer_config.json')
    }
    AfterAll { Remove-Item -Recurse -Force $test.Folder }

    It 'read a SentencePiece model and a model card, and stay out of the session' {
        ConvertTo-Gguf -Path $test.Model -Quantization Q8_0 -OutputPath $test.Folder -SkipVerification | Should -Not -BeNullOrEmpty
        $info = Get-GgufInfo (Get-Item "$($test.Folder)/*.gguf")
        $info.Metadata['tokenizer.ggml.model'] | Should -Be 'llama'
        $info.Metadata['general.license'] | Should -Be 'mit'
        $info.Metadata['general.base_model.0.name'] | Should -Be 'Base 1b'
        [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name | Should -Not -Contain 'Google.Protobuf'
    }

    It 'refuse a pre-tokenizer that would say nothing, and one that nobody knows' {
        { ConvertTo-Gguf -Path $test.Model -PreTokenizer llama-bpe -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'PreTokenizerUnused*'
        { ConvertTo-Gguf -Path $test.Model -PreTokenizer llama-bpf -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'PreTokenizerUnknown*'
    }
}

Describe 'Safety' {
    BeforeEach {
        $test = New-TestRegistry
        Register-Model $test.Model -Registry $test.Registry | Out-Null
    }
    AfterEach { Remove-Item -Recurse -Force $test.Folder -ErrorAction Ignore }

    It 'writes nothing under -WhatIf and says the exact size' {
        # PowerShell writes -WhatIf to the host; a process of its own makes that readable.
        $text = pwsh -NoProfile -c "Import-Module '$(Get-RepositoryRoot)/HafsModels.psd1'; ConvertTo-Gguf $($test.Id) -Registry '$($test.Registry)' -Quantization Q8_0 -WhatIf" | Out-String
        Get-ChildItem $test.Model -Filter *.gguf* | Should -BeNullOrEmpty
        $artifact = ConvertTo-Gguf $test.Id -Registry $test.Registry -Quantization Q8_0 -SkipVerification
        $text | Should -Match ([regex]::Escape($artifact.SizeBytes.ToString('N0', [cultureinfo]::InvariantCulture) + ' bytes to ' + $artifact.Path))
    }

    It 'deletes files only when asked, and not under -WhatIf' {
        Unregister-Model $test.Id -Registry $test.Registry -DeleteFiles -WhatIf
        Test-Path $test.Model | Should -BeTrue
        Unregister-Model $test.Id -Registry $test.Registry -DeleteFiles -Force
        Test-Path $test.Model | Should -BeFalse
    }

    It 'does not delete under the -WhatIf of a calling function, whatever -Force says' {
        function Invoke-Outer { [CmdletBinding(SupportsShouldProcess)] param() Unregister-Model $test.Id -Registry $test.Registry -DeleteFiles -Force }
        Invoke-Outer -WhatIf
        Test-Path $test.Model | Should -BeTrue
        (Get-Model $test.Id -Registry $test.Registry).Id | Should -Be $test.Id
    }

    It 'converts the text part of a vision model with -TextOnly and refuses the whole' {
        $llama = New-TestRegistry 'kjv-llama'
        $config = Get-Content "$($llama.Model)/config.json" -Raw | ConvertFrom-Json -AsHashtable
        @{ architectures = @('LlavaForConditionalGeneration'); vision_config = @{ hidden_size = 8 }; text_config = $config } | ConvertTo-Json -Depth 9 | Set-Content "$($llama.Model)/config.json"
        ConvertTo-Gguf -Path $llama.Model -Quantization Q8_0 -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'UnsupportedVisionTower,*'
        $artifact = ConvertTo-Gguf -Path $llama.Model -Quantization Q8_0 -TextOnly
        (Get-GgufInfo $artifact.Path).Architecture | Should -Be 'llama'
        Remove-Item -Recurse $llama.Folder
    }

    It 'does not overwrite an output without -Force' {
        ConvertTo-Gguf $test.Id -Registry $test.Registry -Quantization Q8_0 -SkipVerification | Out-Null
        ConvertTo-Gguf $test.Id -Registry $test.Registry -Quantization Q8_0 -SkipVerification -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'OutputExists,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ResourceExists'
    }

    It 'stops within a second of Ctrl+C and removes what it had begun' {
        $large = New-LargeModel $test.Folder
        $pipeline = Start-Pipeline "ConvertTo-Gguf -Path '$large' -Quantization Q6_K -Threads 1 -SkipVerification"
        $limit = [Diagnostics.Stopwatch]::StartNew()
        while (-not (Get-ChildItem $large -Filter *.partial) -and $limit.Elapsed.TotalSeconds -lt 30) { Start-Sleep -Milliseconds 10 }
        Get-ChildItem $large -Filter *.partial | Should -Not -BeNullOrEmpty -Because 'the conversion must be under way when it is stopped'
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $pipeline.Shell.Stop()
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 1
        $pipeline.Shell.InvocationStateInfo.State | Should -Be 'Stopped'
        $pipeline.Shell.Dispose()
        Get-ChildItem $large -Filter *.gguf* | Should -BeNullOrEmpty
    }
}

Describe 'Adapters' {
    BeforeAll {
        $test = New-TestRegistry 'kjv-llama'
        Copy-Item -Recurse "$(Get-RepositoryRoot)/tests/models/kjv-llama-lora" $test.Folder
        $adapter = "$($test.Folder)/kjv-llama-lora"
        $env:HAFS_REGISTRY = $test.Registry
        $test.Model, $adapter | Register-Model | Out-Null
    }
    AfterAll {
        $env:HAFS_REGISTRY = $null
        Remove-Item -Recurse -Force $test.Folder
    }

    It 'are merged into a registered checkpoint that goes on through the pipeline' {
        $merged = Get-Model kjv-llama-lora | Merge-ModelAdapter -OutputPath "$($test.Folder)/psalms"
        $merged | Should -BeOfType HafsModels.Registry.Model
        $merged.BaseModel | Should -Be 'kjv-llama'
        $merged.Parents[0].Reference | Should -Be 'kjv-llama-lora'
        Get-ChildItem "$($test.Folder)/psalms" | ForEach-Object Name | Should -Contain 'tokenizer.json'
        $artifact = $merged | ConvertTo-Gguf -Quantization Q8_0
        $artifact.ModelId | Should -Be 'psalms'
        $artifact.Fidelity.MeanKlDivergence | Should -BeLessThan 0.01
    }

    It 'say under -WhatIf what would be written, to the byte, and write nothing' {
        $text = pwsh -NoProfile -c "Import-Module '$(Get-RepositoryRoot)/HafsModels.psd1'; Merge-ModelAdapter kjv-llama -Adapter kjv-llama-lora -OutputPath '$($test.Folder)/dry' -WhatIf" | Out-String
        Test-Path "$($test.Folder)/dry" | Should -BeFalse
        Merge-ModelAdapter kjv-llama -Adapter kjv-llama-lora -OutputPath "$($test.Folder)/dry" | Out-Null
        $bytes = (Get-ChildItem "$($test.Folder)/dry" | Measure-Object Length -Sum).Sum
        $text | Should -Match ([regex]::Escape($bytes.ToString('N0', [cultureinfo]::InvariantCulture) + " bytes to $($test.Folder)/dry"))
    }

    It 'are merged on the way to GGUF, alike by folder, by id and by record' {
        $hashes = @(
            ConvertTo-Gguf kjv-llama -MergeAdapter $adapter -Quantization F16 -OutputPath "$($test.Folder)/1.gguf" -SkipVerification -Metadata @{ 'general.name' = 'x' }
            ConvertTo-Gguf kjv-llama -MergeAdapter kjv-llama-lora -Quantization F16 -OutputPath "$($test.Folder)/2.gguf" -SkipVerification -Metadata @{ 'general.name' = 'x' }
            ConvertTo-Gguf kjv-llama-lora -Quantization F16 -OutputPath "$($test.Folder)/3.gguf" -SkipVerification -Metadata @{ 'general.name' = 'x' }
        ) | ForEach-Object {
            # A file is named after the model it was made of; all else is the same.
            $names = (Get-GgufInfo $_.Path).Metadata.Keys | Where-Object { $_ -in 'general.basename', 'general.finetune', 'general.version' }
            if ($names) { Set-GgufMetadata $_.Path -Remove $names }
            (Get-FileHash $_.Path).Hash
        }
        ($hashes | Select-Object -Unique).Count | Should -Be 1
        ConvertTo-Gguf kjv-llama -Quantization F16 -OutputPath "$($test.Folder)/4.gguf" -SkipVerification -Metadata @{ 'general.name' = 'x' } | ForEach-Object Sha256 | Should -Not -Be $hashes[0]
    }

    It 'become GGUF adapters' {
        $artifact = Get-Model kjv-llama-lora | ConvertTo-GgufAdapter -DataType F16
        $artifact.Format | Should -Be 'gguf-adapter'
        $info = Get-GgufInfo $artifact.Path
        $info.Metadata['general.type'] | Should -Be 'adapter'
        $info.Tensors.Name | Should -Contain 'blk.0.attn_q.weight.lora_a'
    }
}

Describe 'GGUF files' {
    BeforeAll {
        $test = New-TestRegistry
        $source = (ConvertTo-Gguf -Path $test.Model -Quantization BF16 -OutputPath "$($test.Folder)/model-BF16.gguf" -SkipVerification).Path
    }
    AfterAll { Remove-Item -Recurse -Force $test.Folder -ErrorAction Ignore }

    It 'become other GGUF files, with types by pattern, for head and embedding' {
        $artifact = ConvertTo-Gguf -Path $source -Quantization Q8_0 -TensorType ([ordered]@{ 'blk\.0\.ffn_down' = 'F16'; 'ffn_down' = 'Q5_1' }), 'attn_q=Q4_0' -EmbeddingType Q5_0
        Split-Path -Leaf $artifact.Path | Should -Be 'model-Q8_0.gguf'
        $artifact.Fidelity.Tokens | Should -BeGreaterThan 100
        $types = @{}
        (Get-GgufInfo $artifact.Path).Tensors | ForEach-Object { $types[$_.Name] = "$($_.Type)" }
        $types['blk.0.ffn_down.weight'] | Should -Be 'F16'
        $types['blk.1.ffn_down.weight'] | Should -Be 'Q5_1'
        $types['blk.1.attn_q.weight'] | Should -Be 'Q4_0'
        $types['blk.1.ffn_up.weight'] | Should -Be 'Q8_0'
        $types['token_embd.weight'] | Should -Be 'Q5_0'
    }

    It 'are not quantized twice unless that is allowed, and then with a warning' {
        $first = (ConvertTo-Gguf -Path $source -Quantization Q8_0 -OutputPath "$($test.Folder)/first.gguf" -SkipVerification).Path
        ConvertTo-Gguf -Path $first -Quantization Q4_0 -OutputPath "$($test.Folder)/second.gguf" -SkipVerification -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'RequantizeNotAllowed,*'
        ConvertTo-Gguf -Path $first -Quantization Q4_0 -OutputPath "$($test.Folder)/second.gguf" -SkipVerification -AllowRequantize -WarningAction SilentlyContinue -WarningVariable warning | Should -Not -BeNullOrEmpty
        "$warning" | Should -BeLike '*quantized again*'
    }

    It 'follow a recipe file, which a parameter overrides' {
        '{ "quantization": "Q8_0", "tensorTypes": { "ffn_": "Q5_0" }, "pure": true }' | Set-Content "$($test.Folder)/my.recipe.json"
        $info = Get-GgufInfo (ConvertTo-Gguf -Path $source -RecipePath "$($test.Folder)/my.recipe.json" -TensorType 'ffn_up=Q4_1' -OutputPath "$($test.Folder)/recipe.gguf" -SkipVerification).Path
        ($info.Tensors | Where-Object Name -eq 'blk.0.ffn_down.weight').Type | Should -Be 'Q5_0'
        ($info.Tensors | Where-Object Name -eq 'blk.0.ffn_up.weight').Type | Should -Be 'Q4_1'
    }

    It 'are split and merged, and come back to the byte' {
        $parts = Split-Gguf $source -MaxSize 1MB -Prefix "$($test.Folder)/part"
        $parts.Count | Should -BeGreaterThan 3
        $parts[0].Name | Should -Be ('part-00001-of-{0:00000}.gguf' -f $parts.Count)
        (ConvertTo-Gguf -Path $parts[0] -Quantization Q8_0 -OutputPath "$($test.Folder)/from-parts.gguf").Fidelity.Top1Agreement | Should -BeGreaterThan 0.9
        $merged = Merge-Gguf $parts[0] "$($test.Folder)/merged.gguf"
        (Get-GgufInfo $merged).Tensors.Count | Should -Be (Get-GgufInfo $source).Tensors.Count
        Merge-Gguf $parts[0] "$($test.Folder)/merged.gguf" -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'OutputExists,*'
    }

    It 'get other metadata in place, and none under -WhatIf' {
        Copy-Item $source "$($test.Folder)/edited.gguf"
        $before = (Get-FileHash "$($test.Folder)/edited.gguf").Hash
        Set-GgufMetadata "$($test.Folder)/edited.gguf" @{ 'general.name' = 'Renamed' } -WhatIf
        (Get-FileHash "$($test.Folder)/edited.gguf").Hash | Should -Be $before
        Set-GgufMetadata "$($test.Folder)/edited.gguf" @{ 'general.name' = 'Renamed'; 'my.count' = 3 } -Remove general.size_label | Should -BeNullOrEmpty
        $info = Get-GgufInfo "$($test.Folder)/edited.gguf"
        $info.Metadata['general.name'] | Should -Be 'Renamed'
        $info.Metadata['my.count'] | Should -Be 3
        $info.Metadata.Keys | Should -Not -Contain 'general.size_label'
        Get-ChildItem $test.Folder -Filter *.partial | Should -BeNullOrEmpty
    }

    It 'complete their types' {
        (TabExpansion2 'ConvertTo-Gguf -OutputType q4_').CompletionMatches.CompletionText | Should -Contain 'Q4_K'
        (TabExpansion2 'ConvertTo-Gguf -TensorType ffn_down=q6').CompletionMatches.ListItemText | Should -Contain 'ffn_down=Q6_K'
        (TabExpansion2 'ConvertTo-Gguf -Quantization cop').CompletionMatches.CompletionText | Should -Contain 'COPY'
    }
}

Describe 'Errors' {
    BeforeAll { $test = New-TestRegistry }
    AfterAll { Remove-Item -Recurse -Force $test.Folder }

    It 'are per item, with a stable id, a category and a target' {
        $problem = $null
        $found = 'nobody', 'nothing' | Get-Model -Registry $test.Registry -ErrorAction SilentlyContinue -ErrorVariable problem
        $found | Should -BeNullOrEmpty
        $problem.Count | Should -Be 2
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $problem[0].FullyQualifiedErrorId | Should -BeLike '*,HafsModels.PowerShell.Commands.GetModelCommand'
    }

    It 'say what to do about an unknown quantization' {
        { ConvertTo-Gguf -Path $test.Model -Quantization Q99 -ErrorAction Stop } | Should -Throw -ErrorId 'UnknownQuantization*'
    }

    It 'name the file that is no GGUF file' {
        { Get-GgufInfo "$($test.Model)/config.json" -ErrorAction Stop } | Should -Throw -ErrorId 'GgufMagic*'
    }
}

Describe 'Comfort' {
    BeforeAll {
        $test = New-TestRegistry
        Register-Model $test.Model -Registry $test.Registry -Role bible | Out-Null
        $env:HAFS_REGISTRY = $test.Registry
    }
    AfterAll {
        $env:HAFS_REGISTRY = $null
        Remove-Item -Recurse -Force $test.Folder
    }

    It 'completes <Line> with <Expected>' -ForEach @(
        @{ Line = 'Get-Model kjv'; Expected = 'kjv-qwen2' }
        @{ Line = 'Get-Model -Role b'; Expected = 'bible' }
        @{ Line = 'ConvertTo-Gguf x -Quantization q4_k'; Expected = 'Q4_K_M' }
        @{ Line = 'Publish-Model x -Backend e'; Expected = 'Embedded' }
        @{ Line = 'Get-Model -Format g'; Expected = 'gguf' }
    ) {
        (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText | Should -Contain $Expected
    }

    It 'resolves paths against the session, not the process' {
        Push-Location $test.Folder
        try { (Register-Model ./kjv-qwen2 -Id relative).Path | Should -Be $test.Model }
        finally { Pop-Location }
    }

    It 'shows human sizes in its views and bytes in its objects' {
        $artifact = ConvertTo-Gguf kjv-qwen2 -Quantization Q8_0 -SkipVerification
        $artifact.SizeBytes | Should -BeOfType long
        $artifact | Format-Table | Out-String -Width 200 | Should -Match 'MiB'
    }

    It 'works in ForEach-Object -Parallel' {
        $paths = 1..4 | ForEach-Object -Parallel {
            Import-Module $using:PWD/HafsModels.psd1 -ErrorAction SilentlyContinue
            (ConvertTo-Gguf kjv-qwen2 -Quantization Q8_0 -OutputPath "$($using:test.Folder)/p$_.gguf" -SkipVerification).Sha256
        } -ThrottleLimit 2
        $paths.Count | Should -Be 4
        ($paths | Select-Object -Unique).Count | Should -Be 1
    }
}

Describe 'The README' {
    It 'has PowerShell examples that run as they stand' {
        $root = Get-RepositoryRoot
        $test = New-TestRegistry 'kjv-llama'
        try {
            # The copy stands for the shipped model, so that no output lands in the repository.
            $blocks = [regex]::Matches((Get-Content -Raw "$root/README.md"), '(?ms)^```powershell\n(.*?)^```$') | ForEach-Object { $_.Groups[1].Value }
            $blocks.Count | Should -BeGreaterThan 1
            $script = (($blocks -join "`n") -replace '\./tests/models/kjv-llama(?!-)', "'$($test.Model)'").Replace('./out/demo/kjv-llama-Q4_K_M.gguf', "'$($test.Model)/kjv-llama-Q4_K_M.gguf'")
            $file = "$($test.Folder)/readme.ps1"
            "`$ErrorActionPreference = 'Stop'; `$ConfirmPreference = 'None'; Set-Location '$root'`n$script" | Set-Content $file
            $env:HAFS_REGISTRY = $test.Registry
            $output = pwsh -NoProfile -File $file *>&1 | Out-String
            $LASTEXITCODE | Should -Be 0 -Because $output
            Get-Model | Should -BeNullOrEmpty -Because 'the last example unregisters the model'
        }
        finally {
            $env:HAFS_REGISTRY = $null
            Remove-Item -Recurse -Force $test.Folder
        }
    }
}

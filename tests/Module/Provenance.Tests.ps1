BeforeAll {
    Import-Module "$PSScriptRoot/TestModule.psm1" -Force
    Import-TestedModule
}

Describe 'Where a model comes from' {
    BeforeAll {
        $test = New-TestRegistry 'kjv-llama'
        Set-Content "$($test.Model)/README.md" "---`nlicense: mit`nlanguage: [en]`nbase_model: org/first`ntags: [bible]`n---`n# Text"
        $null = Register-Model $test.Model -Registry $test.Registry
    }
    AfterAll { Remove-Item -Recurse -Force $test.Folder }

    It 'goes into the file and comes back when the file is registered' {
        Set-Model kjv-llama -Registry $test.Registry -Author 'Somebody' -Description 'Completes verses.' -Family kjv
        $before = Get-Model kjv-llama -Registry $test.Registry
        $artifact = $before | ConvertTo-Gguf -Quantization Q8_0 -Provenance Full -QuantizedBy me -SkipVerification
        $hash = (Get-FileHash "$($test.Model)/model.safetensors").Hash.ToLowerInvariant()
        $artifact.SourceSha256['model.safetensors'] | Should -Be $hash

        $origin = (Get-GgufInfo $artifact.Path).Origin
        $origin.QuantizedBy, $origin.Author, $origin.License | Should -Be 'me', 'Somebody', 'mit'
        $origin.BaseModels | Should -Be 'org/first'
        $origin.SourceSha256['model.safetensors'] | Should -Be $hash
        $origin.Experiment.ExperimentId, $origin.Experiment.RunId | Should -Be 'kjv', 'kjv-llama'
        $origin.Experiment.Metrics['eval_loss'] | Should -Be $before.EvalLoss

        Unregister-Model kjv-llama -Registry $test.Registry -Confirm:$false
        $after = Register-Model $artifact.Path -Id again -Registry $test.Registry
        foreach ($name in 'DisplayName', 'Family', 'BaseModel', 'Author', 'License', 'Description', 'Languages', 'Tags', 'DatasetName', 'EvalLoss', 'TrainingDate') {
            $after.$name | Should -Be $before.$name -Because $name
        }
        $after.Hyperparameters['learning_rate'] | Should -Be 0.003
        $after.Experiment.RunId | Should -Be 'kjv-llama'
    }

    It 'is left out when nothing but the reference''s keys is wanted' {
        $artifact = ConvertTo-Gguf -Path $test.Model -Quantization Q8_0 -Provenance None -SkipSourceHash -SkipVerification -OutputPath "$($test.Folder)/plain.gguf" -Registry $test.Registry
        $artifact.SourceSha256.Count | Should -Be 0
        (Get-GgufInfo $artifact.Path).Metadata.Keys -match '^(entrenar|hafs)\.' | Should -BeNullOrEmpty
    }

    It 'is a warning, not an error, where the model card is broken' {
        Set-Content "$($test.Model)/README.md" "---`nlicense: [mit`n---"
        $null = Register-Model $test.Model -Id broken -Registry $test.Registry -WarningVariable told -WarningAction SilentlyContinue
        $told | Should -HaveCount 1
        $told | Should -Match 'README.md'
        $artifact = ConvertTo-Gguf broken Q8_0 -Registry $test.Registry -SkipVerification -WarningVariable told -WarningAction SilentlyContinue
        $told | Should -Match 'README.md'
        $artifact.Path | Should -Exist
    }

    It 'completes detail and licences' {
        foreach ($case in @('ConvertTo-Gguf x -Provenance F', 'Full'), @('Set-Model x -License apa', 'apache-2.0')) {
            (TabExpansion2 $case[0] $case[0].Length).CompletionMatches.CompletionText | Should -Be $case[1]
        }
    }
}

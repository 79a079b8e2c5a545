BeforeAll {
    Import-Module "$PSScriptRoot/TestModule.psm1" -Force
    Import-TestedModule
}

Describe 'Importance matrices' {
    BeforeAll {
        $test = New-TestRegistry 'kjv-llama'
        $null = Register-Model $test.Model -Registry $test.Registry
        $text = "$($test.Folder)/text.txt"
        Set-Content $text (('In the beginning God created the heaven and the earth. And the earth was without form, and void. ' * 60))
    }
    AfterAll { Remove-Item -Recurse -Force $test.Folder }

    It 'are needed for the smallest types, and the error says how to get one' {
        { ConvertTo-Gguf kjv-llama IQ2_XS -Registry $test.Registry -ErrorAction Stop } | Should -Throw '*importance matrix*'
    }

    It 'are measured on a text, and -WhatIf writes nothing' {
        Measure-ModelImportance kjv-llama $text -Registry $test.Registry -WhatIf
        Get-ChildItem $test.Model -Filter *.imatrix.gguf | Should -BeNullOrEmpty
        $measured = Get-Model kjv-llama -Registry $test.Registry | Measure-ModelImportance -TextPath $text -ChunkCount 2
        $measured.Path | Should -Exist
        $measured.Sha256 | Should -Be (Get-FileHash $measured.Path).Hash.ToLowerInvariant()
    }

    It 'make the smallest types possible, and are recorded with what they made' {
        $artifact = ConvertTo-Gguf kjv-llama IQ2_XS -Registry $test.Registry -ImportanceMatrix "$($test.Model)/kjv-llama.imatrix.gguf"
        $artifact.Quantization | Should -Be 'IQ2_XS'
        $artifact.BitsPerWeight | Should -BeLessThan 6
        $artifact.ImportanceMatrix.Sha256 | Should -Be (Get-FileHash "$($test.Model)/kjv-llama.imatrix.gguf").Hash.ToLowerInvariant()
        (Get-GgufInfo $artifact.Path).Metadata['quantize.imatrix.chunks_count'] | Should -Be 2
    }
}

Describe 'What quantizing loses' {
    BeforeAll {
        $test = New-TestRegistry 'kjv-qwen2'
        $null = Register-Model $test.Model -Registry $test.Registry
    }
    AfterAll { Remove-Item -Recurse -Force $test.Folder }

    It 'is told tensor by tensor, and drawn' {
        $errors = Measure-ModelQuantization kjv-qwen2 Q8_0, Q4_0 -Registry $test.Registry -Report "$($test.Folder)/lost.html"
        $eight, $four = $errors | Group-Object Quantization | Sort-Object Name -Descending
        $eight.Name, $four.Name | Should -Be 'Q8_0', 'Q4_0'
        $name = 'blk.0.ffn_down.weight'
        ($four.Group | Where-Object Name -EQ $name).RelativeError | Should -BeGreaterThan (5 * ($eight.Group | Where-Object Name -EQ $name).RelativeError)
        ($errors | Where-Object Type -EQ F32).MaxError | Should -Be (@(0) * @($errors | Where-Object Type -EQ F32).Count)
        Get-Content -Raw "$($test.Folder)/lost-Q4_0.html" | Should -Match 'kjv-qwen2 as Q4_0'
        Get-ChildItem $test.Model -Filter *.gguf | Should -BeNullOrEmpty
    }

    It 'is measured by its effect on the answers' {
        $errors = Get-Model kjv-qwen2 -Registry $test.Registry | Measure-ModelQuantization -Quantization Q4_0 -MeasureEffect -EvaluationText 'In the beginning God created the heaven and the earth.'
        $measured = $errors | Where-Object { $null -ne $_.KlDivergence }
        $measured.Count | Should -Be @($errors | Where-Object { $_.Type -ne 'F32' }).Count
        ($measured.KlDivergence | Measure-Object -Maximum).Maximum | Should -BeGreaterThan 0
    }

    It 'is kept small at a size that is asked for' {
        $limit = 2MB
        $artifact = ConvertTo-Gguf kjv-qwen2 -TargetSize $limit -Registry $test.Registry -Report "$($test.Folder)/target.svg"
        (Get-Item $artifact.Path).Length | Should -BeLessOrEqual $limit
        (Get-Item $artifact.Path).Length | Should -BeGreaterThan (0.97 * $limit)
        $artifact.Quantization | Should -Match 'BPW$'
        ([xml](Get-Content -Raw "$($test.Folder)/target.svg")).svg | Should -Not -BeNullOrEmpty
        { ConvertTo-Gguf kjv-qwen2 -TargetSize 10KB -Registry $test.Registry -Force -ErrorAction Stop } | Should -Throw '*smallest*'
    }
}

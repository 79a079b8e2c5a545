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

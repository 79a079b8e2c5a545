namespace HafsModels.Conversion;

/// <summary>How much a GGUF file made from a checkpoint says about where it comes from, beside what llama.cpp's converter writes.</summary>
public enum ProvenanceDetail
{
    /// <summary>Nothing: the metadata of llama.cpp's converter.</summary>
    None,

    /// <summary>The training run of a registered model, where its record tells of one (<c>entrenar.*</c>). Other models get nothing.</summary>
    Run,

    /// <summary>The run of any model, as far as its folder or its record tells, and the hashes of its weight files (<c>hafs.source.*</c>).</summary>
    Full,
}
